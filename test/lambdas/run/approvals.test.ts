import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { description } from '../fixtures';
import { resetAws, sent, states } from './aws';
import { begin } from './front-door';
import { SendTaskSuccessCommand, TaskTimedOut } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { Description } from '../../../contract/description';
import type { PlannedChange, Prediction } from '../../../contract/planned';
import { requestSchema, type RunRef } from '../../../contract/run';
import { openRun, requireRun, setRun } from '../../../lambdas/gateways/runs';
import { handler as ask } from '../../../lambdas/run/approval-ask';
import { handler as conclude } from '../../../lambdas/run/approval-conclude';
import { handler as decideAt } from '../../../lambdas/run/approval-decide';
import { handler as request } from '../../../lambdas/run/approval-request';
import { listApprovals, ruleFor, ruleOf } from '../../../lambdas/run/approvals';
import { digestOf } from '../../../lambdas/run/rehearsal';

const runId = 'night-1';
const ADA = 'arn:aws:iam::123456789012:user/ada';
const BOB = 'arn:aws:iam::123456789012:user/bob';
const rule = { plan: 'database-recovery', expiresMinutes: 15, onTimeout: 'deny' } as const;
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  process.env['LIFEBOAT_APPROVAL_URL'] = 'https://decide.example/';
  resetAws();
  states.on(SendTaskSuccessCommand).resolves({});
  await emptyTables();
  run = await begin(runId);
  await ruled(rule);
});
afterEach(() => {
  jest.useRealTimers();
});

const ruled = (...approvals: Description['approvals']) => setRun(runId, { description: { ...description, approvals } });
const page: PlannedChange = {
  key: 'page',
  kind: 'maintenance-page',
  step: 'Put the maintenance page up',
  target: { moment: '2026-11-23T02:13:40Z' },
  pointOfNoReturn: false,
};
const cutOver: PlannedChange = { ...page, key: 'record', kind: 'dns-record', step: 'Cut over', pointOfNoReturn: true };
const planned = [page, cutOver];
const other = [page];
const prediction: Prediction = { durationSeconds: 600, downtimeSeconds: 61, lossSeconds: null, because: 'measured' };

const asking = async (round = 1, token = 'token-1', changes = planned) => {
  await request({ run, planned: changes, prediction, round, token });
};
const call = (method: string, by: string | null, body?: unknown, query?: Record<string, string>) =>
  decideAt({
    requestContext: { http: { method }, ...(by === null ? {} : { authorizer: { iam: { userArn: by } } }) },
    queryStringParameters: query ?? null,
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
const decide = (by: string, decision = 'approve', more: object = {}) =>
  call('POST', by, { run: runId, digest: digestOf(planned), decision, reason: 'looked', ...more });
const answered = () => states.commandCalls(SendTaskSuccessCommand).map(({ args: [{ input }] }) => input);
/** From now on it is so many minutes later; only the clock of days stands still. */
const minutesLater = (minutes: number) => {
  jest.useFakeTimers({
    now: Date.now() + minutes * 60_000,
    doNotFake: [
      'nextTick',
      'setImmediate',
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'queueMicrotask',
      'performance',
      'hrtime',
    ],
  });
};

describe('who is asked', () => {
  const severe = (severity?: string) =>
    requestSchema.parse({ plan: 'database-recovery', incident: severity === undefined ? {} : { severity } });
  const rules = (...approvals: Description['approvals']) => ({ ...description, approvals });

  test('a rule for the severity comes before one for all, and one for another plan is none', () => {
    const critical = { ...rule, severities: ['critical' as const] };
    const every = { ...rule, expiresMinutes: 5 };
    const foreign = { ...rule, plan: 'undo' as const };
    expect(ruleFor(rules(every, critical), severe('critical'))).toBe(critical);
    expect(ruleFor(rules(every, critical), severe('low'))).toBe(every);
    expect(ruleFor(rules(critical), severe('low'))).toBeNull();
    expect(ruleFor(rules(critical), severe())).toBe(critical);
    expect(ruleFor(rules(foreign), severe())).toBeNull();
  });

  test('taking back a move between regions asks by the rule of that move; any other undo by one of its own', async () => {
    const crossing = { ...rule, plan: 'cross-region-recovery' as const };
    const undone = requestSchema.parse({ plan: 'undo', run: 'moved' });
    const open = {
      environment: 'production',
      executionArn: 'arn:moved',
      startedAt: '2026-11-23T02:20:00.000Z',
    } as const;
    await openRun({ id: 'moved', ...open, input: {} });
    await setRun('moved', { plan: 'cross-region-recovery' });
    await expect(ruleOf(rules(rule, crossing), undone)).resolves.toBe(crossing);
    // Not even a rule for undoing that lets it go on gets round it.
    const easy = { ...rule, plan: 'undo' as const, onTimeout: 'go-on' as const };
    await expect(ruleOf(rules(easy, crossing), undone)).resolves.toBe(crossing);
    await setRun('moved', { plan: 'database-recovery' });
    await expect(ruleOf(rules(rule, crossing), undone)).resolves.toBeNull();
    await expect(ruleOf(rules(easy), undone)).resolves.toBe(easy);
  });
});

describe('whether somebody is asked', () => {
  test('nobody where no rule says so', async () => {
    await ruled();
    await expect(ask({ run, planned })).resolves.toMatchObject({ needed: false, round: 1 });
  });

  test('once; the same question again finds the same round', async () => {
    await expect(ask({ run, planned })).resolves.toEqual({ needed: true, round: 1, timeoutSeconds: 900 });
    await asking();
    await expect(ask({ run, planned })).resolves.toMatchObject({ needed: true, round: 1 });
  });

  test('not again for what was approved, until that is too old; again for anything else', async () => {
    await asking();
    await decide(ADA);
    await expect(ask({ run, planned })).resolves.toMatchObject({ needed: false, round: 1 });
    await expect(ask({ run, planned: other })).resolves.toMatchObject({ needed: true, round: 2 });
    minutesLater(16);
    await expect(ask({ run, planned })).resolves.toMatchObject({ needed: true, round: 2 });
  });

  test('what differs each time ends the run', async () => {
    for (const round of [1, 2, 3]) {
      const changes = [{ ...page, key: `page-${round}` }];
      await asking(round, `token-${round}`, changes);
      await decide(ADA, 'approve', { digest: digestOf(changes) });
    }
    await expect(ask({ run, planned })).rejects.toMatchObject({
      name: 'ApprovalDeniedError',
      message: containing('different each of 3 times'),
    });
  });
});

describe('the question', () => {
  test('is sent with what it costs, first what cannot be taken back, and recorded with its token', async () => {
    await asking();
    const [message] = sent();
    expect(message?.Subject).toMatch(/^\[REAL\] DECIDE: database-recovery of production by \d\d:\d\d UTC$/);
    const text = message?.Message ?? '';
    for (const words of [
      'Moment:      2026-11-23T02:13:40Z',
      'Takes:       10 minutes, the application down for 2 minutes',
      'Loses:       not known',
      'if nobody does, the run ends as denied, and nothing is changed',
      `Digest:      ${digestOf(planned)}`,
      'https://decide.example/',
    ]) {
      expect(text).toContain(words);
    }
    expect(text.indexOf('!! Cut over')).toBeLessThan(text.indexOf('-  Put the maintenance page up'));
    expect(text).not.toContain('token-1');
    await expect(listApprovals(runId)).resolves.toMatchObject([{ round: 1, token: 'token-1' }]);
    await expect(requireRun(runId)).resolves.toMatchObject({ asked: 1 });
  });

  test('asked again it has the new token and the old expiry', async () => {
    await asking();
    const [first] = await listApprovals(runId);
    minutesLater(3);
    await asking(1, 'token-2');
    await expect(listApprovals(runId)).resolves.toEqual([{ ...first, token: 'token-2' }]);
  });
});

describe('deciding', () => {
  const errorOf = ({ body }: { body: string }) => z.looseObject({ error: z.string() }).parse(JSON.parse(body)).error;

  test('once, by somebody else than who started it; the run hears of it by its token', async () => {
    await setRun(runId, { request: requestSchema.parse({ plan: 'database-recovery', startedBy: ADA }) });
    await asking();
    await expect(decide(ADA)).resolves.toMatchObject({ statusCode: 403 });
    expect(answered()).toEqual([]);
    await expect(decide(BOB)).resolves.toMatchObject({ statusCode: 200 });
    expect(answered()).toMatchObject([{ taskToken: 'token-1', output: containing(BOB) }]);
    await expect(conclude({ run, round: 1 })).resolves.toEqual({ goesOn: true });
  });

  test('who started it may deny', async () => {
    await setRun(runId, { request: requestSchema.parse({ plan: 'database-recovery', startedBy: ADA }) });
    await asking();
    await expect(decide(ADA, 'deny', { reason: 'too late' })).resolves.toMatchObject({ statusCode: 200 });
    await expect(conclude({ run, round: 1 })).rejects.toMatchObject({
      name: 'ApprovalDeniedError',
      message: `${ADA} denied it: too late. Nothing was changed.`,
    });
  });

  test('the same again is told again; another decision comes too late', async () => {
    await asking();
    await decide(ADA);
    await expect(decide(ADA)).resolves.toMatchObject({ statusCode: 200 });
    expect(answered()).toHaveLength(2);
    await expect(decide(BOB)).resolves.toMatchObject({ statusCode: 409 });
    await expect(decide(ADA, 'deny')).resolves.toMatchObject({ statusCode: 409 });
    await expect(conclude({ run, round: 1 })).resolves.toEqual({ goesOn: true });
  });

  test('about something else than was shown is refused, with the digest of now', async () => {
    await asking();
    const answer = await decide(ADA, 'approve', { digest: '0'.repeat(64) });
    expect(answer.statusCode).toBe(409);
    expect(JSON.parse(answer.body)).toMatchObject({ digest: digestOf(planned) });
    expect(answered()).toEqual([]);
  });

  test('after the expiry is refused', async () => {
    await asking();
    minutesLater(16);
    await expect(decide(ADA)).resolves.toMatchObject({ statusCode: 410 });
    expect(answered()).toEqual([]);
  });

  test('for a run that waits no more is told as that', async () => {
    states.on(SendTaskSuccessCommand).rejects(new TaskTimedOut({ message: 'over', $metadata: {} }));
    await asking();
    await expect(decide(ADA)).resolves.toMatchObject({ statusCode: 410 });
  });

  test.each([
    ['no JSON', 'approve', 400, /JSON/],
    ['no digest', { run: runId, decision: 'approve' }, 400, /digest/],
    ['a word that is no decision', { run: runId, digest: '0'.repeat(64), decision: 'yes' }, 400, /decision/],
    ['an unknown field', { run: runId, digest: '0'.repeat(64), decision: 'deny', force: true }, 400, /force/],
    [
      'a command as the reason',
      { run: runId, digest: '0'.repeat(64), decision: 'deny', reason: '$(x)' },
      400,
      /reason/,
    ],
    [
      'a run that nobody asked about',
      { run: 'other', digest: '0'.repeat(64), decision: 'deny' },
      404,
      /waits for nobody/,
    ],
  ])('with %s is refused by name', async (_what, body, statusCode, says) => {
    await asking();
    const answer = await call('POST', ADA, body);
    expect(answer.statusCode).toBe(statusCode);
    expect(errorOf(answer)).toMatch(says);
    expect(answered()).toEqual([]);
  });

  test('without a signature nobody is anybody', async () => {
    await asking();
    const body = { run: runId, digest: digestOf(planned), decision: 'approve' };
    await expect(call('POST', null, body)).resolves.toMatchObject({ statusCode: 403 });
    await expect(call('GET', null, undefined, { run: runId })).resolves.toMatchObject({ statusCode: 403 });
  });

  test.each(['GET', 'HEAD', 'PUT'])('%s shows and never acts, and never shows the token', async (method) => {
    await asking();
    const body = { run: runId, digest: digestOf(planned), decision: 'approve' };
    const shown = await call(method, ADA, body, { run: runId });
    expect(shown).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    expect(JSON.parse(shown.body)).toMatchObject({
      run: runId,
      digest: digestOf(planned),
      changes: [
        '!! Cut over (dns-record): the point of no return',
        '-  Put the maintenance page up (maintenance-page)',
      ],
    });
    expect(shown.body).not.toContain('token-1');
    expect(answered()).toEqual([]);
    await expect(listApprovals(runId)).resolves.not.toMatchObject([{ decision: 'approved' }]);
  });
});

describe('where nobody decides', () => {
  test('it ends, and a decision comes too late', async () => {
    await asking();
    await expect(conclude({ run, round: 1 })).rejects.toMatchObject({
      name: 'ApprovalDeniedError',
      message: containing('silence means no'),
    });
    await expect(decide(ADA)).resolves.toMatchObject({ statusCode: 409 });
  });

  test('it goes on where the description says so', async () => {
    await ruled({ ...rule, onTimeout: 'go-on' });
    await asking();
    await expect(conclude({ run, round: 1 })).resolves.toEqual({ goesOn: true });
    await expect(ask({ run, planned })).resolves.toMatchObject({ needed: false, round: 1 });
  });

  test('what was never asked cannot be concluded', async () => {
    await expect(conclude({ run, round: 7 })).rejects.toMatchObject({ name: 'ContractViolationError' });
  });
});
