import { DescribeDBInstanceAutomatedBackupsCommand } from '@aws-sdk/client-rds';
import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { databaseSchema } from '../../../config/schema';
import type { IntegrityMeasure } from '../../../contract/documents';
import type { RunRef } from '../../../contract/run';
import { recordProbe } from '../../../lambdas/gateways/evidence';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from '../changes/fake-rds';
import { forgetEvidence, newRun, settings, startTables } from '../changes/world';

/** What the tests of the database's tasks stand on: a description, RDS, a name, probes. */
export const rds = fakeRds();
export const route53 = mockClient(Route53Client);
export const database = databaseSchema.parse({
  instanceIdentifier: 'orders',
  name: 'orders',
  address: 'db.example.internal',
  hostedZoneId: 'Z0DRILL',
  masterSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:master',
  logins: [{ role: 'app', secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app' }],
  fenceSecurityGroupId: 'sg-0f0e0d0c0b0a09081',
  copyRegion: 'us-west-2',
  integrityChecks: [{ table: 'orders' }],
});
export const window = (identifier: string, resourceId: string, EarliestTime: string, LatestTime: string) => ({
  DBInstanceIdentifier: identifier,
  DbiResourceId: resourceId,
  RestoreWindow: { EarliestTime: new Date(EarliestTime), LatestTime: new Date(LatestTime) },
});
export const measure = (takenAt: string): IntegrityMeasure => ({
  takenAt,
  schemaVersion: '7',
  tables: [
    {
      table: 'orders',
      rows: { before: 10, after: 10 },
      through: '10',
      checksum: { before: 'c', after: 'c' },
      known: null,
      violations: 0,
    },
  ],
});
export const probe = (takenAt: string, identifier = 'orders', passed = true) =>
  recordProbe({
    takenAt,
    passed,
    measure: measure(takenAt),
    instance: { instanceIdentifier: identifier, resourceId: `db-${identifier}` },
    settings,
    checks: [],
  });
/** Names a record points to; each test its own, since evidence stays. */
export const leadsTo = (value: string | null) => {
  route53.reset();
  route53.on(ListResourceRecordSetsCommand).resolves({
    ResourceRecordSets:
      value === null
        ? []
        : [{ Name: 'db.example.internal.', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: value }] }],
  });
};
export const endpoint = (identifier: string) => `${identifier}.abc.us-east-1.rds.amazonaws.com`;

/** Tables for all tests of a file; for each one a run of its own, no instances, no evidence. @returns the run */
export function eachInItsRun(): () => RunRef {
  let stop: () => Promise<void>;
  let run: RunRef;
  beforeAll(async () => {
    stop = await startTables();
  });
  afterAll(() => stop());
  beforeEach(async () => {
    await forgetEvidence();
    rds.reset();
    run = await newRun(releaseLease);
    rds.mock.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({});
  });
  return () => run;
}
