import { journal, ownInstances, OWN_PREFIX, sourceInstance, type Resources, type TaskDeployment } from './deployment';
import { findInstance } from './integrity';

const readEvidence = (r: Resources) => ({
  actions: ['dynamodb:GetItem', 'dynamodb:Query'],
  resources: [r.evidenceTableArn],
});

export const databaseDeployments: Record<string, TaskDeployment> = {
  'source-inspect': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      journal(r),
      readEvidence(r),
      ...findInstance(r),
      {
        actions: ['rds:DescribeDBInstanceAutomatedBackups', 'rds:DescribeDBSnapshots'],
        resources: ['*'],
        why: 'what is left of a deleted instance is found by listing; both only read',
      },
    ],
  },
  'source-choose': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [journal(r), readEvidence(r)] },
  'restorable-await': {
    environment: ['runsTable'],
    grants: (r) => [
      journal(r),
      {
        actions: ['rds:DescribeDBInstances', 'rds:DescribeDBInstanceAutomatedBackups'],
        resources: [sourceInstance(r), ownInstances(r), '*'],
        why: `automated backups are described by their resource id; ${OWN_PREFIX}`,
      },
    ],
  },
  'settings-compare': {
    environment: ['runsTable'],
    grants: (r) => [
      journal(r),
      {
        actions: ['rds:DescribeDBInstances', 'rds:ListTagsForResource'],
        resources: [ownInstances(r)],
        why: OWN_PREFIX,
      },
    ],
  },
  'integrity-compare': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [journal(r), readEvidence(r)] },
};
