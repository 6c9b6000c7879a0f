import { journal, OWN_PREFIX, type Grant, type Resources, type TaskDeployment } from './deployment';
import { findInstance } from './integrity';

/** An ARN in the other region; in one that is none where there is no other. */
export const elsewhere = (
  { description: { account, counterpart } }: Resources,
  service: string,
  rest: string,
): string => `arn:aws:${service}:${counterpart?.region ?? 'none'}:${account}:${rest}`;

/** What may be the primary over there: as described, or as a recovery of that region has named it. */
export const primariesElsewhere = (r: Resources): string[] => [
  elsewhere(r, 'rds', `db:${r.description.counterpart?.instanceIdentifier ?? 'none'}`),
  elsewhere(r, 'rds', `db:lifeboat-${r.description.environment}-*`),
];

/** The switch that leads users to one region or the other. */
export function switchObject({ description: { standby } }: Resources): { bucket: string; object: string } {
  const { switchBucket = 'none', switchKey = 'none' } = standby?.traffic ?? {};
  return { bucket: `arn:aws:s3:::${switchBucket}`, object: `arn:aws:s3:::${switchBucket}/${switchKey}` };
}

/** S3 says 403 and not 404 of what is not there to whoever may not list the bucket. */
export const readSwitch = (r: Resources): Grant[] => [
  { actions: ['s3:GetObject'], resources: [switchObject(r).object] },
  { actions: ['s3:ListBucket'], resources: [switchObject(r).bucket] },
];

const readEvidence = (r: Resources): Grant => ({
  actions: ['dynamodb:GetItem', 'dynamodb:Query'],
  resources: [r.evidenceTableArn],
});

export const regionDeployments: Record<string, TaskDeployment> = {
  'regions-inspect': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      ...journal(r),
      readEvidence(r),
      ...findInstance(r),
      ...readSwitch(r),
      {
        actions: ['rds:DescribeDBInstances'],
        resources: primariesElsewhere(r),
        why: OWN_PREFIX,
      },
      {
        actions: ['rds:DescribeDBInstanceAutomatedBackups', 'rds:DescribeDBSnapshots', 'rds:DescribeAccountAttributes'],
        resources: ['*'],
        why: 'backups and snapshots of this region are found by listing, and quotas are of the account; all only read',
      },
    ],
  },
  'region-choose': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [...journal(r), readEvidence(r)] },
  'loss-record': { environment: ['runsTable'], grants: (r) => journal(r) },
};
