import type { DocumentName } from '../../contract/documents';
import { awaitDocuments, runDocuments, writeRuns, type TaskDeployment } from './deployment';

/** What the machines send through `document-send`; the other documents belong to changes, which record the state before. */
const sentByMachines: readonly DocumentName[] = [
  'inspect-host',
  'inspect-database',
  'open-database',
  'align-logins',
  'try-logins',
  'check-health',
  'probe-integrity',
  'start-services',
  'find-backup',
  'measure-application',
  'test-application',
  'inspect-configuration',
  'stage-configuration',
  'inspect-volume',
  'find-files',
  'check-volume',
  'open-volume',
  'inspect-release',
  'find-release',
  'list-releases',
  'prepare-release',
  'inspect-schema',
  'inspect-replication',
  'await-replay',
];

export const hostDeployments: Record<string, TaskDeployment> = {
  'hosts-find': {
    environment: ['runsTable'],
    grants: (r) => [
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
      writeRuns(r, ['RUN'], 'PutItem'),
    ],
  },
  'hosts-compare': {
    environment: [],
    grants: () => [
      {
        actions: ['ssm:DescribeInstanceInformation', 'autoscaling:DescribeAutoScalingGroups'],
        resources: ['*'],
        why: 'these actions know no resource',
      },
    ],
  },
  'document-send': {
    environment: ['runsTable', 'reportBucket'],
    grants: (r) => runDocuments(r, sentByMachines, ['RUN', 'PROBE']),
  },
  'document-await': { environment: [], grants: () => [awaitDocuments()] },
};
