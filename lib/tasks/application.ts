import { describeForwarding } from './changes/shift';
import { journal, type TaskDeployment } from './deployment';

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
  'target-group-choose': { environment: ['runsTable'], grants: (r) => [...journal(r), describeForwarding] },
  'outside-check': { environment: [], grants: () => [] },
};
