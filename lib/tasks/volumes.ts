import { journal, type Resources, type TaskDeployment } from './deployment';

/** Listing the versions of the bucket that the description names; the hosts read the objects, by their own role. */
function listArchives({ description: { files } }: Resources) {
  const { bucket, prefix } = files;
  if (bucket === undefined) return [];
  return [
    {
      actions: ['s3:ListBucketVersions'],
      resources: [`arn:aws:s3:::${bucket}`],
      conditions: { StringEquals: { 's3:prefix': prefix } },
    },
  ];
}

export const volumeDeployments: Record<string, TaskDeployment> = {
  'snapshot-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
  'files-find': { environment: [], grants: listArchives },
  'files-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
};
