import { setImmediate as turn } from 'node:timers/promises';
import { type Description } from '../../contract/description';
import { differences } from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { parsePolicy } from '../../sandbox/identity';
import { assemblyWith } from './assembly';
import { describeDrill } from './postgres';
import { Stage } from './stage';

/** What a run does before it works: it is rehearsed, and a person decides. */
const INPUT = { plan: 'database-recovery' };
const SEVERE = { ...INPUT, incident: { severity: 'critical' } };

const approvals: Description['approvals'] = [
  { plan: 'database-recovery', severities: ['low'], expiresMinutes: 15, onTimeout: 'go-on' },
  { plan: 'database-recovery', severities: ['critical', 'high'], expiresMinutes: 15, onTimeout: 'deny' },
];

jest.setTimeout(600_000);

describeDrill('before a run works', () => {
  let stage: Stage;
  let before: Footprint;
  let approver: string;
  beforeAll(async () => {
    stage = await Stage.open(
      'gate',
      assemblyWith((description) => ({ ...description, approvals })),
    );
    approver = stage.drill.deployment.addRole('approver', {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'], Resource: '*' },
    });
  });
  afterAll(async () => {
    await stage.close();
  });
  beforeEach(async () => {
    before = await everything();
  });

  const everything = () => footprintOf(stage.world, stage.drill.deployment.parts.alarms, []);
  const nothingChanged = async () => {
    expect(differences(before, await everything(), [])).toEqual([]);
  };
  /** Messages that ask about the run under way. */
  const questions = () =>
    stage.drill.deployment
      .messages()
      .filter(
        ({ subject, message }) =>
          (subject ?? '').includes('DECIDE') && message.includes(`Run:         ${stage.lastRun}\n`),
      );
  const digestIn = (message = '') => /^Digest: +([0-9a-f]{64})$/m.exec(message)?.[1] ?? '';
  const send = async (method: string, body?: object) =>
    await stage.drill.deployment.request(approver, 'ada', 'approval-decide', {
      method,
      query: { run: stage.lastRun },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const decide = async (question: number, decision: 'approve' | 'deny', reason = 'looked at it') =>
    await send('POST', {
      run: stage.lastRun,
      digest: digestIn(questions()[question - 1]?.message),
      decision,
      reason,
    });
  /** Holds the sandbox's clock, as a person who takes no time, while something is done about the nth question. */
  const asked = async (number: number, then: () => Promise<void>) => {
    await stage.world.clock.work(async () => {
      while (questions().length < number) await turn();
      await then();
    });
  };
  const WAIT = 'database-recovery/Wait for the decision';

  test('a rehearsal says what it would change and whether it could, needs no lease, and changes nothing', async () => {
    const ran = await stage.run({ ...SEVERE, mode: 'rehearse' });
    expect(ran.entry.execution.status).toBe('SUCCEEDED');
    expect(ran.report).toMatchObject({ status: 'succeeded', word: 'REHEARSAL', changes: [], health: null });
    expect(ran.report.verdict).toMatch(/^Can run now: \d+ of \d+ checks passed/);
    const { changes = [] } = ran.report.rehearsal ?? {};
    expect(changes.find(({ undo }) => undo === 'no')).toMatchObject({ key: 'move-record', kind: 'dns-record' });
    expect(changes.find(({ key }) => key === 'move-record')?.before).toMatchObject({ ttlSeconds: 60 });
    expect(ran.report.checks.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(ran.steps).not.toContain('recovery/Take the lease');
    expect(ran.messages.map(({ subject }) => subject)).toEqual(['[REHEARSAL] succeeded: database-recovery of drill']);
    await nothingChanged();
  });

  test('a right that is denied is a failed check, and what a run would be refused for refuses a rehearsal alike', async () => {
    const { roles } = stage.drill.deployment.parts;
    const role = roles.all().find(({ name }) => name.includes('ChangeDnsRecord'));
    if (role === undefined) throw new TypeError('no role for records');
    const statement = { Effect: 'Deny', Action: 'route53:ChangeResourceRecordSets', Resource: '*' };
    roles.attach(role.name, parsePolicy('tightened', { Version: '2012-10-17', Statement: statement }, 'identity'));
    const ran = await stage.run({ ...INPUT, mode: 'rehearse' });
    roles.detach(role.name, 'tightened');
    expect(ran.report.verdict).toMatch(/^Cannot run now: 1 of \d+ checks failed/);
    expect(ran.report.checks.filter(({ status }) => status === 'failed').map(({ name }) => name)).toEqual([
      expect.stringContaining('route53:ChangeResourceRecordSets'),
    ]);
    const refused = { restoreTime: '2001-01-01T00:00:00Z' };
    const [rehearsed, live] = [
      await stage.run({ ...INPUT, ...refused, mode: 'rehearse' }),
      await stage.run({ ...INPUT, ...refused }),
    ];
    expect(rehearsed.report).toMatchObject({ status: 'rejected', error: 'RestoreTimeOutOfRangeError' });
    expect({ error: live.report.error, step: live.report.failedStep }).toEqual({
      error: rehearsed.report.error,
      step: rehearsed.report.failedStep,
    });
    await nothingChanged();
  });

  test('denied, once, by who is told; looking at it never acts; nothing was changed', async () => {
    const ran = await stage.run(SEVERE, {
      [WAIT]: () =>
        asked(1, async () => {
          for (const method of ['GET', 'HEAD', 'GET']) {
            const shown = await send(method);
            expect(shown.statusCode).toBe(200);
            expect(shown.body).not.toContain('token');
          }
          expect(
            (await send('POST', { run: stage.lastRun, digest: '0'.repeat(64), decision: 'deny' })).statusCode,
          ).toBe(409);
          expect((await decide(1, 'deny', 'not now')).statusCode).toBe(200);
          expect((await decide(1, 'approve')).statusCode).toBe(409);
        }),
    });
    expect(ran.report).toMatchObject({ status: 'denied', error: 'ApprovalDeniedError', changes: [] });
    expect(ran.report.cause).toMatch(/assumed-role\/approver\/ada denied it: not now\. Nothing was changed\./);
    expect(ran.report.approvals).toEqual([expect.objectContaining({ decision: 'denied', reason: 'not now' })]);
    expect(questions()[0]?.message).toMatch(/!! Move the record .*point of no return/);
    expect(await stage.leaseHolder()).toBe('');
    await nothingChanged();
  });

  test('nobody decides: silence is a no where the description says so', async () => {
    const ran = await stage.run(SEVERE);
    expect(ran.report).toMatchObject({ status: 'denied', error: 'ApprovalDeniedError', changes: [] });
    expect(ran.report.cause).toMatch(/Nobody decided by .*silence means no/);
    const late = await decide(1, 'approve');
    expect([409, 410]).toContain(late.statusCode);
    await nothingChanged();
  });

  test('who started it does not approve it; what changes after an approval is asked about again', async () => {
    const me = `arn:aws:sts::${stage.world.description.account}:assumed-role/approver/ada`;
    const { tags } = stage.world.source;
    const ran = await stage.run(
      { ...SEVERE, startedBy: me.replace('/ada', '/bob') },
      {
        [WAIT]: async () => {
          await asked(1, async () => {
            tags.set('owner', 'team-other');
            expect((await decide(1, 'approve')).statusCode).toBe(200);
          });
          await asked(2, async () => {
            expect(digestIn(questions()[1]?.message)).not.toBe(digestIn(questions()[0]?.message));
            expect((await decide(2, 'deny', 'that is new')).statusCode).toBe(200);
          });
        },
      },
    );
    tags.set('owner', 'team-data');
    expect(ran.report).toMatchObject({ status: 'denied', changes: [] });
    expect(ran.report.approvals?.map(({ decision }) => decision)).toEqual(['approved', 'denied']);
    const own = await stage.run(
      { ...SEVERE, startedBy: me },
      {
        [WAIT]: () =>
          asked(1, async () => {
            expect((await decide(1, 'approve')).statusCode).toBe(403);
            expect((await decide(1, 'deny')).statusCode).toBe(200);
          }),
      },
    );
    expect(own.report.status).toBe('denied');
    await nothingChanged();
  });

  test('approved: it resolves again, finds what was approved, and recovers', async () => {
    const ran = await stage.run(SEVERE, {
      [WAIT]: () =>
        asked(1, async () => {
          expect((await decide(1, 'approve')).statusCode).toBe(200);
        }),
    });
    expect(ran.report.status).toBe('succeeded');
    expect(ran.report.approvals).toEqual([expect.objectContaining({ decision: 'approved' })]);
    expect(ran.report.decisions.find(({ subject }) => subject === 'approval 1')?.reason).toMatch(/approved by .*\/ada/);
    expect(ran.steps.filter((step) => step === 'database-recovery/Find the hosts')).toHaveLength(2);
  });
});
