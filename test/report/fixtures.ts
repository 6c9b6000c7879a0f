import { describe as describeEnvironment } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import type { JournalEntry } from '../../contract/changes';
import { stepPhases } from '../../contract/phases';
import type { Report } from '../../contract/report';
import { buildReport } from '../../report/build';
import { mergeSandbox, type SandboxEvidence } from '../../report/merge';
import type { PhaseTable } from '../../report/phases';
import type { ReportMaterial } from '../../report/material';
import { FakeTime, HistoryBuilder } from './histories';

const arn = (machine: string) => `arn:aws:states:us-east-1:123456789012:execution:lifeboat-drill-${machine}:drl-0031`;
const START = Date.parse('2026-11-23T02:14:05.000Z');
const restoreFailure = {
  error: 'RestoreFailedError',
  cause:
    'RDS ended the restore of lifeboat-drill-drl-0031 in state incompatible-parameters: max_connections 5000 > 1704',
};

export interface Sample {
  readonly material: ReportMaterial;
  readonly time: FakeTime;
  readonly fault: string;
  readonly outage: { from: string; to: string };
}

/** A drill in which a bad migration wiped a table and the database came back, or in which the restore failed. */
export function sample(kind: 'recovered' | 'failed'): Sample {
  const time = new FakeTime(START);
  const fault = time.iso();
  time.work(1.4);
  time.skip(130);
  const detected = time.iso();
  time.work(0.6);
  const startedAt = time.iso();
  const failed = kind === 'failed';
  const recovery = new HistoryBuilder(time);
  const plan: HistoryBuilder[] = [];
  const settlement: HistoryBuilder[] = [];
  const journal: JournalEntry[] = [];
  const entry = (
    part: Pick<JournalEntry, 'key' | 'kind' | 'target' | 'before'> & Partial<JournalEntry>,
  ): JournalEntry => {
    const made: JournalEntry = {
      runId: 'drl-0031',
      sequence: journal.length + 1,
      state: 'confirmed',
      pointOfNoReturn: false,
      detail: {},
      recordedAt: time.iso(),
      appliedAt: time.iso(),
      confirmedAt: time.iso(),
      ...part,
    };
    journal.push(made);
    return made;
  };
  recovery.task('Open the run', 0.31).task('Take the lease', 0.12).task('Announce', 0.2);
  let outageFrom = time.iso();
  recovery.machine(
    'Run the plan',
    arn('database-recovery'),
    () => {
      const h = new HistoryBuilder(time);
      plan.push(h);
      h.task('Verify the run', 0.1).task('Find the hosts', 0.22).task('Inspect the source', 0.4);
      h.task('Choose the moment', 0.15);
      h.task('Suspend Auto Scaling', 0.3, { failures: 1 });
      entry({
        key: 'suspend',
        kind: 'auto-scaling-processes',
        target: { group: 'interview-drills-drill', suspend: ['Launch', 'Terminate', 'ReplaceUnhealthy'] },
        before: { suspended: [] },
      });
      h.task('Show the maintenance page', 0.2);
      entry({
        key: 'maintenance',
        kind: 'maintenance-page',
        target: {
          listenerArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/x/y/z',
          title: 'Back soon',
        },
        before: { rules: [] },
      });
      outageFrom = time.iso();
      h.task('Stop the services', 0.3).poll('Services stopped', 'Wait for the services', 3, 5, 0.4);
      entry({
        key: 'services',
        kind: 'services',
        target: { hosts: ['i-0123456789abcdef0', 'i-0123456789abcdef1'], services: ['nginx', 'interview-app'] },
        before: { active: { 'i-0123456789abcdef0': ['nginx', 'interview-app'], 'i-0123456789abcdef1': ['nginx'] } },
      });
      h.task('Fence the database', 0.25).poll('Fence proved', 'Wait for the fence', 2, 5, 0.5);
      entry({
        key: 'fence',
        kind: 'database-fence',
        target: {
          host: 'i-0123456789abcdef0',
          logins: [{ role: 'interview_app', secretArn: 'arn:aws:secretsmanager:…' }],
        },
        before: { grantees: ['PUBLIC', 'interview_app'] },
      });
      const replacement = {
        key: 'replacement',
        kind: 'database-replacement' as const,
        target: {
          instance: 'lifeboat-drill-drl-0031',
          source: {
            kind: 'point-in-time',
            resourceId: 'db-ABCDEFGHIJKL',
            instanceIdentifier: 'interview-drills-drill',
            moment: '2026-11-23T02:13:40.000Z',
          },
          settings: {
            DBInstanceClass: 'db.t4g.medium',
            StorageType: 'gp3',
            AllocatedStorage: 20,
            MultiAZ: true,
            PubliclyAccessible: false,
            AutoMinorVersionUpgrade: true,
            CopyTagsToSnapshot: true,
            DeletionProtection: true,
            IAMDatabaseAuthenticationEnabled: false,
            BackupRetentionPeriod: 7,
            PreferredBackupWindow: '03:00-04:00',
            PreferredMaintenanceWindow: 'sun:05:00-sun:06:00',
            MonitoringInterval: 0,
            PerformanceInsightsEnabled: false,
            CACertificateIdentifier: 'rds-ca-rsa2048-g1',
            NetworkType: 'IPV4',
            DBSubnetGroupName: 'private',
            DBParameterGroupName: 'interview-16',
            OptionGroupName: 'default:postgres-16',
            VpcSecurityGroupIds: ['sg-0a1b2c3d4e5f60718'],
            EnabledCloudwatchLogsExports: ['postgresql'],
            Port: 5432,
            Tags: {},
          },
          expiresInDays: 14,
        },
        before: { exists: false },
      };
      if (failed) {
        h.task('Restore beside', 0.8).poll('Restore finished', 'Wait for the restore', 6, 30, 1.9);
        h.task('Settings in force', 0.2, { failures: 1, recovers: false, ...restoreFailure });
        entry({ ...replacement, state: 'applied', error: restoreFailure.cause });
        h.end('Failed', restoreFailure);
        return;
      }
      h.task('Restore beside', 0.8).poll('Restore finished', 'Wait for the restore', 14, 45, 2.1);
      entry(replacement);
      h.task('Set what a restore forgets', 0.4).poll('Settings in force', 'Wait for the settings', 5, 20, 0.3);
      h.parallel('Make it ready', [
        (b) => b.task('Compare the settings', 0.4).task('Make the logins work', 1.8),
        (b) =>
          b
            .task('Measure the copy', 0.2)
            .poll('Copy measured', 'Wait for the measures', 4, 5, 1.2)
            .task('Compare with the baseline', 0.3),
        (b) => b.task('Move the alarms', 0.5),
      ]);
      h.task('Move the record', 0.3).poll('Record in force', 'Wait for the record', 3, 20, 0.2);
      entry({
        key: 'record',
        kind: 'dns-record',
        pointOfNoReturn: true,
        target: {
          name: 'db.drill.interview-drills.internal',
          value: 'lifeboat-drill-drl-0031.rds.local',
          ttlSeconds: 60,
        },
        before: { value: 'interview-drills-drill.rds.local', ttlSeconds: 60 },
      });
      h.task('Start the services', 0.4).poll('Targets healthy', 'Wait for the targets', 4, 10, 0.5);
      h.task('Keep the old instance', 0.2);
      entry({
        key: 'keep',
        kind: 'kept-instance',
        target: { instance: 'interview-drills-drill', expiresInDays: 14 },
        before: { tags: {}, deletionProtection: false },
      });
      h.poll('First backup complete', 'Wait for the backup', 8, 60, 0.1);
      h.end('Succeeded');
    },
    failed ? { error: 'States.TaskFailed', cause: JSON.stringify({ Error: restoreFailure.error }) } : undefined,
  );
  let outageTo = time.iso();
  recovery.machine('Settle', arn('settlement'), () => {
    const h = new HistoryBuilder(time);
    settlement.push(h);
    h.task('Claim the settling', 0.1)
      .poll('Nothing still runs', 'Wait for what still runs', 2, 5)
      .task('Plan the undo', 0.2);
    const undo = journal.filter(
      ({ kind: of }) =>
        ['auto-scaling-processes', 'maintenance-page'].includes(of) ||
        (failed && ['services', 'database-fence'].includes(of)),
    );
    h.map(
      'Take back',
      undo.reverse().map((change) => (b: HistoryBuilder) => {
        b.task('Undo the change', 0.3).poll('Undo in force', 'Wait for the undo', 2, 5, 0.4);
        change.state = 'undone';
        change.undoneAt = time.iso();
      }),
    );
    outageTo = time.iso();
    h.task('Ask from outside', 0.2).enter('Task', 'Write the report');
  });
  const material: ReportMaterial = {
    run: {
      id: 'drl-0031',
      plan: 'database-recovery',
      mode: 'live',
      environment: 'drill',
      trigger: 'alarm',
      request: { incident: { detected }, reason: 'integrity probe: evaluations shrank by 100 %' },
      startedAt,
      endedAt: time.iso(),
      status: 'running',
    },
    outcome: failed ? { status: 'failed', ...restoreFailure } : { status: 'succeeded' },
    journal,
    decisions: [
      {
        at: startedAt,
        subject: 'the moment to go back to',
        choice: 'point in time 2026-11-23T02:13:40Z',
        reason: 'the last moment at which the integrity probe passed, 25 s before the fault showed',
        alternatives: [
          { choice: 'snapshot rds:interview-drills-drill-2026-11-23-01-32', because: '41 min older' },
          { choice: 'latest restorable time', because: 'it lies after the probe first failed' },
        ],
      },
    ],
    checks: failed
      ? []
      : [
          {
            name: 'settings of the replacement',
            status: 'passed',
            expected: '28 settings as before',
            actual: '0 of 28 differ',
            evidence: 'settings-compare, DescribeDBInstances of lifeboat-drill-drl-0031',
          },
          {
            name: 'users: rows',
            status: 'passed',
            expected: '1,204',
            actual: '1,204',
            evidence: 'SELECT count(*) FROM users; baseline of 02:13:40Z',
          },
          {
            name: 'users: checksum',
            status: 'passed',
            expected: 'sha256:9c1f…04aa',
            actual: 'sha256:9c1f…04aa',
            evidence: 'integrity document, command 5f2c',
          },
          {
            name: 'evaluations: rows',
            status: 'passed',
            expected: '412,881',
            actual: '412,881',
            evidence: 'SELECT count(*) FROM evaluations; baseline of 02:13:40Z',
          },
          {
            name: 'evaluations: references',
            status: 'passed',
            expected: '0 orphans',
            actual: '0 orphans',
            evidence: 'evaluations.user_id → users.id',
          },
          {
            name: 'schema version',
            status: 'passed',
            expected: '20261101_2',
            actual: '20261101_2',
            evidence: 'schema_migrations.version',
          },
        ],
    histories: [
      { machine: 'recovery', executionArn: arn('recovery'), events: recovery.events },
      ...plan.map(({ events }) => ({
        machine: 'database-recovery' as const,
        executionArn: arn('database-recovery'),
        events,
      })),
      ...settlement.map(({ events }) => ({ machine: 'settlement' as const, executionArn: arn('settlement'), events })),
    ],
    description: describeEnvironment(interviewDrills, 'drill'),
    outside: { healthy: true, status: 200, detail: 'HTTP 200, database connected' },
    undoFailed: [],
    pointOfNoReturnPassed: !failed,
  };
  return { material, time, fault, outage: { from: outageFrom, to: outageTo } };
}

/** What a sandbox adds to the sample. */
export function evidence(of: Sample, budgets: SandboxEvidence['budgets'] = {}): SandboxEvidence {
  const { from, to } = of.outage;
  const downtime = {
    measuredSeconds: (Date.parse(to) - Date.parse(from)) / 1000,
    skippedSeconds: of.time.skippedBetween(from, to),
  };
  const lost = of.material.outcome.status === 'succeeded' ? 31 : 0;
  return {
    skippedBetween: of.time.skippedBetween,
    observation: {
      fault: { at: of.fault, what: 'a bad migration: DELETE FROM evaluations' },
      downtime,
      outages: [{ from, to, duration: downtime }],
      requests: { total: 2140, failed: 618 },
      rows: { expected: 414085, present: 414085, lost, missing: 0, extra: 0 },
      lossWindow: lost > 0 ? { measuredSeconds: 24.6, skippedSeconds: 0 } : null,
    },
    budgets,
    standIns: [
      {
        name: 'RDS control plane',
        instead: 'real PostgreSQL clusters with WAL archiving',
        differs: 'restores take seconds; waits are skipped and counted',
      },
      { name: 'Application Load Balancer', instead: 'a proxy on loopback', differs: 'no TLS, one zone' },
      { name: 'Route 53', instead: 'a resolver on loopback', differs: 'no caching resolvers in between' },
    ],
    previous: {
      runId: 'drl-0027',
      endedAt: '2026-08-21T02:31:00.000Z',
      recoverySeconds: 1540,
      lossSeconds: 41,
      downtimeSeconds: 1408,
    },
  };
}

/** The phases of the sample's states, as contract/phases.ts gives them for the real ones. */
export const samplePhases: PhaseTable = {
  ...stepPhases,
  recovery: { 'Open the run': 'decide', Settle: 'settle' },
  'database-recovery': {
    'Verify the run': 'decide',
    'Suspend Auto Scaling': 'restore',
    'Compare the settings': 'validate',
    'Measure the copy': 'validate',
    'Move the record': 'cut over',
    'Keep the old instance': 'settle',
  },
  undo: {},
  'database-recovery-self-hosted': {},
  validation: {},
  'application-recovery': {},
  'application-rollback': {},
  'schema-rollback': {},
  settlement: {},
};

/** The finished report of the sample as a sandbox merges it. */
export function sampleReport(
  kind: 'recovered' | 'failed' = 'recovered',
  budgets: SandboxEvidence['budgets'] = { downtimeSeconds: 3600, rowsLost: 60, recoverySeconds: 3600 },
): Report {
  const made = sample(kind);
  return mergeSandbox(buildReport(made.material, samplePhases), evidence(made, budgets));
}
