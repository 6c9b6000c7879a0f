import { journal, type Resources, type TaskDeployment } from './deployment';

/** Listing the versions of the bucket that the description names; the hosts read the objects, by their own role. */
function listVersions({ description: { configuration } }: Resources) {
  const { bucket, prefix } = configuration;
  if (bucket === undefined) return [];
  return [
    {
      actions: ['s3:ListBucketVersions'],
      resources: [`arn:aws:s3:::${bucket}`],
      conditions: { StringEquals: { 's3:prefix': prefix } },
    },
  ];
}

export const configurationDeployments: Record<string, TaskDeployment> = {
  'configuration-find': {
    environment: ['evidenceTable'],
    grants: (r) => [{ actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] }, ...listVersions(r)],
  },
  'configuration-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
};
