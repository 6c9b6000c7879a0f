import { journal, readDescription, readRuns, type TaskDeployment } from './deployment';

export const validationDeployments: Record<string, TaskDeployment> = {
  'validation-open': {
    environment: ['runsTable', 'descriptionParameter'],
    grants: (r) => [
      readRuns(r, 'GetItem', 'Query'),
      readDescription(r),
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
    ],
  },
  'validation-judge': { environment: ['runsTable'], grants: (r) => journal(r) },
};
