import { describeTemplates } from './changes/instances';
import { listBackups, readEvidence } from './database';
import { journal, OWN_PREFIX, sourceInstance, type TaskDeployment } from './deployment';
import { describeWay } from './infrastructure';
import { findInstance } from './integrity';
import { primariesElsewhere, readSwitch } from './regions';

export const undoDeployments: Record<string, TaskDeployment> = {
  'undo-open': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      ...journal(r),
      { actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] },
      // Which release instances will boot again.
      describeTemplates,
      // Whether users are still led to somebody without what was made.
      ...describeWay,
    ],
  },
  'undo-source': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [...journal(r), readEvidence(r), ...findInstance(r), listBackups],
  },
  'undo-count': { environment: ['runsTable'], grants: (r) => journal(r) },
  'undo-prove': { environment: ['runsTable'], grants: (r) => journal(r) },
  'undo-regions': {
    environment: ['runsTable'],
    grants: (r) => [
      ...journal(r),
      ...readSwitch(r),
      {
        actions: ['rds:DescribeDBInstances'],
        resources: [sourceInstance(r), ...primariesElsewhere(r)],
        why: OWN_PREFIX,
      },
      { actions: ['rds:DescribeAccountAttributes'], resources: ['*'], why: 'quotas are of the account; it only reads' },
    ],
  },
};
