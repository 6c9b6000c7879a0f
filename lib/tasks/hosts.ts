import { documentNames } from '../../contract/documents';
import { awaitDocuments, runDocuments, type TaskDeployment } from './deployment';

export const hostDeployments: Record<string, TaskDeployment> = {
  'hosts-find': {
    environment: [],
    grants: () => [
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
    ],
  },
  'document-send': { environment: ['runsTable', 'reportBucket'], grants: (r) => runDocuments(r, documentNames) },
  'document-await': { environment: [], grants: () => [awaitDocuments()] },
};
