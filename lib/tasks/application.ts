import { describeForwarding } from './changes/shift';
import { journal, readDescription, readRuns, writeRuns, type TaskDeployment } from './deployment';

export const applicationDeployments: Record<string, TaskDeployment> = {
  'targets-await': {
    environment: [],
    grants: () => [
      {
        actions: [
          'elasticloadbalancing:DescribeRules',
          'elasticloadbalancing:DescribeTargetGroups',
          'elasticloadbalancing:DescribeTargetHealth',
        ],
        resources: ['*'],
        why: 'describing rules, target groups and their health knows no resource',
      },
    ],
  },
  'target-group-choose': { environment: ['runsTable'], grants: (r) => [...journal(r), describeForwarding] },
  'outside-check': { environment: [], grants: () => [] },
  'releases-open': {
    environment: ['runsTable', 'descriptionParameter'],
    grants: (r) => [
      readRuns(r, 'GetItem'),
      readDescription(r),
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
    ],
  },
  'releases-record': {
    environment: ['evidenceTable', 'descriptionParameter'],
    grants: (r) => [
      readDescription(r),
      { actions: ['dynamodb:Query', 'dynamodb:PutItem'], resources: [r.evidenceTableArn] },
    ],
  },
  'release-choose': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      { actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] },
      // What earlier runs went away from.
      readRuns(r, 'GetItem', 'Query'),
      writeRuns(r, ['RUN'], 'PutItem'),
    ],
  },
  'schema-choose': { environment: ['runsTable'], grants: (r) => [writeRuns(r, ['RUN'], 'PutItem')] },
  'schema-gate': { environment: ['runsTable'], grants: (r) => [writeRuns(r, ['RUN'], 'PutItem')] },
};
