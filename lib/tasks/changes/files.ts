import type { fileChanges } from '../../../contract/changes/files';
import type { DocumentName } from '../../../contract/documents';
import { TAGS } from '../../../contract/environment';
import type { Grant, Resources } from '../deployment';
import type { ChangeGrants } from './grants';

const any = (r: Resources, what: 'volume' | 'snapshot' | 'instance') => r.arn('ec2', `${what}/*`);
/** Snapshots belong to no account in their ARNs. */
const snapshots = (r: Resources) => any(r, 'snapshot').replace(/:[0-9]{12}:snapshot/, '::snapshot');
const IDS = "the ids of hosts' disks are AWS's";
const describing = {
  actions: ['ec2:DescribeVolumes'],
  resources: ['*'],
  why: 'describing volumes knows no resource',
};
/**
 * Volumes from an encrypted snapshot are made and attached with its key as whoever asks for them, by EC2 alone; what EC2 is granted
 * lasts for as long as a volume is attached (EBS guide, Permissions for IAM principals).
 */
function volumeKeys({ description: { kmsKeyArns, region } }: Resources): Grant[] {
  if (kmsKeyArns.length === 0) return [];
  const via = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
  const using = ['Decrypt', 'DescribeKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'];
  return [
    { actions: using.map((each) => `kms:${each}`), resources: kmsKeyArns, conditions: { StringEquals: via } },
    {
      actions: ['kms:CreateGrant'],
      resources: kmsKeyArns,
      conditions: { StringEquals: via, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}
const own = (r: Resources) => ({ [`aws:ResourceTag/${TAGS.environment}`]: r.description.environment });

/** What changes of files call beside their documents. Resource types and keys: Service Authorization Reference. */
export const fileChangeGrants: ChangeGrants<keyof typeof fileChanges> = {
  'files-staged': () => [],
  files: () => [],
  'files-volume': (r) => {
    const { hosts, files, environment } = r.description;
    const { snapshotTag } = files;
    if (snapshotTag === undefined) return [describing];
    return [
      describing,
      ...volumeKeys(r),
      {
        actions: ['ec2:CreateVolume'],
        resources: [any(r, 'volume')],
        conditions: { StringEquals: { [`aws:RequestTag/${TAGS.environment}`]: environment } },
        why: 'a volume has its id once it is made; it has to be tagged as this environment’s when it is',
      },
      {
        actions: ['ec2:CreateVolume'],
        resources: [snapshots(r)],
        conditions: { StringEquals: { [`aws:ResourceTag/${snapshotTag.key}`]: snapshotTag.value } },
        why: "a snapshot's id is AWS's; the tag is that of the description",
      },
      {
        actions: ['ec2:CreateTags'],
        resources: [any(r, 'volume')],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateVolume' } },
        why: 'only while a volume is made',
      },
      {
        actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
        resources: [any(r, 'volume')],
        conditions: { StringEquals: own(r) },
        why: 'only what a run made carries the tag',
      },
      {
        actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
        resources: [any(r, 'instance')],
        conditions: { StringEquals: { [`aws:ResourceTag/${hosts.tag.key}`]: hosts.tag.value } },
        why: 'hosts come and go; the tag is theirs',
      },
    ];
  },
  'kept-volume': (r) => [
    describing,
    {
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [any(r, 'volume')],
      conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.run, TAGS.environment, TAGS.expires] } },
      why: `${IDS}; no tag but Lifeboat's own is touched`,
    },
  ],
};

/** The documents that they run. */
export const fileChangeDocuments: Record<Exclude<keyof typeof fileChanges, 'kept-volume'>, readonly DocumentName[]> = {
  'files-staged': ['stage-files', 'unstage-files'],
  'files-volume': ['import-volume', 'release-volume'],
  files: [
    'stop-services',
    'start-services',
    'check-health',
    'close-volume',
    'open-volume',
    'merge-snapshot',
    'await-merge',
    'check-volume',
    'undo-merge',
    'swap-files',
    'put-back-files',
    'swap-volumes',
  ],
};
