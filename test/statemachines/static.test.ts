import { APPROVAL_ROUNDS } from '../../contract/approval';
import * as z from 'zod';
import { checkDefinition, loadDefinition, worstCaseEvents } from '../../asl';
import { definitions } from './committed';

const machines = [...definitions];

/** How often each wait may go round, read off the conditions that end it; a test must not keep a second list. */
function roundsOf(definition: unknown): Record<string, number> {
  const rounds: Record<string, number> = {};
  JSON.stringify(definition, (key, value: unknown) => {
    if (key.endsWith(': done?')) {
      const limit = / >= (\d+) %}/.exec(JSON.stringify(value));
      if (limit?.[1] !== undefined) rounds[key.replace(/: done\?$/, ': pause')] = Number(limit[1]);
    }
    return value;
  });
  if (JSON.stringify(definition).includes('"Wait for the decision"')) rounds['Wait for the decision'] = APPROVAL_ROUNDS;
  return rounds;
}

const QUESTION = 'a question that fails for a moment counts as a round and is asked again after its pause';

/** The states that ask again and again: their Catch is their Retry. */
function questions(definition: unknown): Record<string, string> {
  const names: Record<string, string> = {};
  JSON.stringify(definition, (key, value: unknown) => {
    if (key.endsWith(': done?')) names[key.replace(/: done\?$/, '')] = QUESTION;
    return value;
  });
  return names;
}

/** A release in ten batches, a host on stand-by and Auto Scaling: the most that one plan leaves to take back today. */
const items = {
  'Take back what must not stay': 12,
  'Batch after batch': 10,
  // The longest plan of today leaves eight in force, one or two of them slow; the bound takes each for the slowest of all.
  'Walk the journal backwards': 6,
  // Of a rollback of the schema: that, and what of closing the application could not be lifted.
  'Walk the journal backwards (second)': 5,
  // Of a fail-back by rename: two names, the alarms, the old primary kept and fenced, the new one marked; of closing nothing is slow.
  'Walk the journal backwards (third)': 6,
  // Every host but the first, one by one; a command takes fifty.
  'Place it on the others': 49,
};

/** The most rights that one change needs, as its kind says them (lambdas/changes: services on two documents with two resources each). */
const RIGHTS = 12;
const stated = z.object({ Assign: z.object({ intended: z.array(z.unknown()) }) });

/** How many changes a plan lists: for a rehearsal each is asked about, and IAM for each of its rights. */
function rehearsed(definition: unknown): Record<string, number> {
  const listed: number[] = [];
  JSON.stringify(definition, (key, value: unknown) => {
    if (key === 'What the run will change') listed.push(stated.parse(value).Assign.intended.length);
    return value;
  });
  const [changes] = listed;
  return changes === undefined ? {} : { 'Rehearse each change': changes, 'Ask IAM for each right': changes * RIGHTS };
}

/** Those that a machine has. */
const itemsOf = (definition: unknown): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(items).filter(([state]) => JSON.stringify(definition).includes(`"${state}":{`))),
  ...rehearsed(definition),
});

/** The one failure path of each machine, as its definition names it; the front door's leads through settling. */
const failurePaths: Record<string, string> = {
  recovery: 'Settle',
  'database-recovery': 'Recovery failed',
  'full-system-recovery': 'Recovery failed',
  'auto-scaling-rollback': 'Rollback failed',
  'load-balancer-rollback': 'Rollback failed',
  'infrastructure-recovery': 'Recovery failed',
  undo: 'Undo failed',
  'database-recovery-self-hosted': 'Recovery failed',
  'database-rollback': 'Rollback failed',
  'database-rollback-self-hosted': 'Rollback failed',
  validation: 'Validation broke off',
  'configuration-recovery': 'Configuration failed',
  'configuration-rollback': 'Configuration failed',
  'file-system-recovery': 'The files were not restored',
  'file-system-rollback': 'Rollback failed',
  'take-snapshot': 'No snapshot was taken',
  'cross-region-recovery': 'Recovery failed',
  'fail-back': 'Fail-back failed',
  settlement: 'Settling failed',
  'integrity-probe': 'Probe failed',
  'release-probe': 'Release probe failed',
  'application-recovery': 'The release was not changed',
  'application-rollback': 'The release was not changed',
  'schema-rollback': 'The schema was not rolled back',
};

describe('every state machine', () => {
  test.each(machines)('%s: variables, guards, targets and expressions hold', (name, definition) => {
    const rounds = roundsOf(definition);
    const events = { rounds, items: itemsOf(definition) };
    const failurePath = failurePaths[name];
    if (failurePath === undefined) throw new Error(`say which state the failures of ${name} lead to`);
    const guards = { withoutRetry: questions(definition), failurePath };
    expect(checkDefinition(name, definition, { events, guards })).toEqual([]);
  });

  test.each(machines)('%s: the longest run stays far below the limit of 25,000 history events', (_name, definition) => {
    const rounds = roundsOf(definition);
    const { events } = worstCaseEvents(loadDefinition(definition), { rounds, items: itemsOf(definition) });
    // The count is an upper bound: ten batches of which each wait goes all its rounds, after every round of approval.
    expect(events).toBeLessThan(23_000);
  });

  test.each(machines)('%s: names neither the application nor a physical resource', (_name, definition) => {
    expect(JSON.stringify(definition)).not.toMatch(/interview|drills|123456789012|:instance\/|sg-[0-9a-f]{8}/i);
  });
});
