import type { TaskDeployment } from './deployment';

export const applicationDeployments: Record<string, TaskDeployment> = {
  'targets-await': {
    environment: [],
    grants: () => [
      {
        actions: ['elasticloadbalancing:DescribeTargetHealth'],
        resources: ['*'],
        why: 'describing target health knows no resource',
      },
    ],
  },
  'outside-check': { environment: [], grants: () => [] },
};
