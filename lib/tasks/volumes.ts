import { journal, type Grant, type Resources, type TaskDeployment } from './deployment';

/** Listing the snapshots, and the versions of the bucket that the description names; the hosts read the objects, by their own role. */
function listSources({ description: { files } }: Resources): Grant[] {
  const { bucket, prefix, snapshotTag } = files;
  const snapshots: Grant = {
    actions: ['ec2:DescribeSnapshots'],
    resources: ['*'],
    why: 'describing snapshots knows no resource',
  };
  const found = snapshotTag === undefined ? [] : [snapshots];
  if (bucket === undefined) return found;
  return [
    ...found,
    {
      actions: ['s3:ListBucketVersions'],
      resources: [`arn:aws:s3:::${bucket}`],
      conditions: { StringEquals: { 's3:prefix': prefix } },
    },
  ];
}

export const volumeDeployments: Record<string, TaskDeployment> = {
  'snapshot-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
  'files-find': { environment: [], grants: listSources },
  'files-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
};
