import { type Description } from '../../contract/description';
import { type Deployment } from '../deployment';

/** The alarms on the database that an operator has made, and that a recovery lets follow its replacement. */
export function putDatabaseAlarms(
  { databaseAlarms, database }: Description,
  alarms: Pick<Deployment['parts']['alarms'], 'put'>,
): void {
  for (const name of databaseAlarms) {
    alarms.put({
      AlarmName: name,
      ActionsEnabled: true,
      AlarmActions: [],
      OKActions: [],
      InsufficientDataActions: [],
      Namespace: 'AWS/RDS',
      MetricName: name.endsWith('storage') ? 'FreeStorageSpace' : 'DatabaseConnections',
      Statistic: 'Average',
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: database.instanceIdentifier }],
      Period: 60,
      EvaluationPeriods: 5,
      Threshold: 100,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  }
}
