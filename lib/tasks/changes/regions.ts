import type { regionChanges } from '../../../contract/changes/regions';
import { OWN_PREFIX, ownInstances, sourceInstance } from '../deployment';
import { primariesElsewhere, readSwitch, switchObject } from '../regions';
import type { ChangeGrants } from './grants';

/** What changes between regions call. Resource types and keys: Service Authorization Reference. */
export const regionChangeGrants: ChangeGrants<keyof typeof regionChanges> = {
  'replica-promotion': (r) => [
    {
      actions: ['rds:DescribeDBInstances', 'rds:PromoteReadReplica'],
      resources: [sourceInstance(r), ownInstances(r)],
      why: OWN_PREFIX,
    },
  ],
  'region-replica': (r) => [
    {
      actions: ['rds:DescribeDBInstances', 'rds:AddTagsToResource'],
      // Where a move is undone, the described name is free: the replica that was promoted is made again under it.
      resources: [sourceInstance(r), ownInstances(r)],
      why: OWN_PREFIX,
    },
    {
      actions: ['rds:CreateDBInstanceReadReplica'],
      resources: [
        // A replica is a write on its source, in the source's region, as well.
        ...primariesElsewhere(r),
        sourceInstance(r),
        ownInstances(r),
        r.arn('rds', 'subgrp:*'),
        r.arn('rds', 'pg:*'),
        r.arn('rds', 'og:*'),
      ],
      why: `${OWN_PREFIX}; the groups are found, not known`,
    },
    {
      actions: ['rds:DescribeAccountAttributes'],
      resources: ['*'],
      why: 'quotas are of the account; it only reads',
    },
  ],
  'region-traffic': (r) => [
    ...readSwitch(r),
    { actions: ['s3:PutObject', 's3:DeleteObject'], resources: [switchObject(r).object] },
  ],
};
