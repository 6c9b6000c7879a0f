import { APPROVAL_ROUNDS } from '../../contract/approval';
import { checkDefinition, loadDefinition, worstCaseEvents } from '../../asl';
import { renderedMachines } from '../../statemachines/render';

const machines = Object.entries(renderedMachines());

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

/** One of each kind that can be lifted, and two renames: the most that one plan journals today. */
const items = { 'Take back what must not stay': 8 };

/** The most changes that a plan may list for a rehearsal, and the most rights that these may need. */
const rehearsed = { 'Rehearse each change': 40, 'Ask IAM for each right': 160 };

const itemsOf = (name: string, definition: unknown): Record<string, number> => ({
  ...(name === 'settlement' ? items : {}),
  ...(JSON.stringify(definition).includes('"Rehearse each change"') ? rehearsed : {}),
});

/** The one failure path of each machine, as its definition names it; the front door's leads through settling. */
const failurePaths: Record<string, string> = {
  recovery: 'Settle',
  'database-recovery': 'Recovery failed',
  'auto-scaling-rollback': 'Rollback failed',
  validation: 'Validation broke off',
  settlement: 'Settling failed',
  'integrity-probe': 'Probe failed',
};

describe('every state machine', () => {
  test.each(machines)('%s: variables, guards, targets and expressions hold', (name, definition) => {
    const rounds = roundsOf(definition);
    const events = { rounds, items: itemsOf(name, definition) };
    const failurePath = failurePaths[name];
    if (failurePath === undefined) throw new Error(`say which state the failures of ${name} lead to`);
    const guards = { withoutRetry: questions(definition), failurePath };
    expect(checkDefinition(name, definition, { events, guards })).toEqual([]);
  });

  test.each(machines)('%s: the longest run stays far below the limit of 25,000 history events', (name, definition) => {
    const rounds = roundsOf(definition);
    const { events } = worstCaseEvents(loadDefinition(definition), { rounds, items: itemsOf(name, definition) });
    // A fifth of the limit is left: the count is an upper bound, above all of loops within the loop of approvals.
    expect(events).toBeLessThan(20_000);
  });

  test.each(machines)('%s: names neither the application nor a physical resource', (_name, definition) => {
    expect(JSON.stringify(definition)).not.toMatch(/interview|drills|123456789012|:instance\/|sg-[0-9a-f]{8}/i);
  });
});
