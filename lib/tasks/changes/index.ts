import { changeKindNames, type ChangeKind } from '../../../contract/changes';
import type { DocumentName } from '../../../contract/documents';
import { awaitDocuments, journal, runDocuments, type TaskDeployment } from '../deployment';
import { configurationChangeDocuments, configurationChangeGrants } from './configuration';
import { databaseChangeDocuments, databaseChangeGrants } from './database';
import { fileChangeDocuments, fileChangeGrants } from './files';
import type { ChangeGrants } from './grants';
import { hostChangeDocuments, hostChangeGrants } from './hosts';
import { infrastructureChangeGrants } from './infrastructure';
import { instanceChangeGrants } from './instances';
import { regionChangeGrants } from './regions';
import { shiftChangeGrants } from './shift';
import { selfHostedChangeDocuments, selfHostedChangeGrants } from './self-hosted';
import { trafficChangeGrants } from './traffic';
import { volumeChangeDocuments, volumeChangeGrants } from './volumes';

const grants: ChangeGrants<ChangeKind> = {
  ...trafficChangeGrants,
  ...shiftChangeGrants,
  ...infrastructureChangeGrants,
  ...instanceChangeGrants,
  ...hostChangeGrants,
  ...configurationChangeGrants,
  ...databaseChangeGrants,
  ...regionChangeGrants,
  ...volumeChangeGrants,
  ...fileChangeGrants,
  ...selfHostedChangeGrants,
};
const documents: Partial<Record<ChangeKind, readonly DocumentName[]>> = {
  ...hostChangeDocuments,
  ...configurationChangeDocuments,
  ...databaseChangeDocuments,
  ...volumeChangeDocuments,
  ...fileChangeDocuments,
  ...selfHostedChangeDocuments,
};

/** How the function of each kind of change is deployed: the journal, what it calls, and the documents that it runs. */
export const changeDeployments: Record<string, TaskDeployment> = Object.fromEntries(
  changeKindNames.map((kind): [string, TaskDeployment] => {
    const runs = documents[kind];
    return [
      `change-${kind}`,
      {
        environment: ['runsTable', 'roleArn', ...(runs === undefined ? [] : (['reportBucket'] as const))],
        grants: (resources) => [
          ...journal(resources),
          ...(runs === undefined ? [] : [...runDocuments(resources, runs), awaitDocuments()]),
          ...grants[kind](resources),
        ],
      },
    ];
  }),
);
