import { definitionEdges, edgeKey } from '../../asl';
import { type State } from '../../asl/definition';
import { flow, machineOf, statesOf, type Ended, type Outcome, type Script } from './flow';
import { variants, type Variant } from './variants';

/**
 * Every way through every machine. From each variant every task is made to fail for good and for a moment, every error that a
 * Catch names is thrown at its state, and every question is answered "not yet", once and for ever. The arguments of each call
 * and each canned answer are held against the contract on the way.
 */
// The largest machine has hundreds of ways, each an execution.
jest.setTimeout(300_000);

const PERMANENT = 'AwsRefusedError';
const PASSING = 'ThrottledError';

interface Trial {
  readonly variant: Variant;
  readonly state: State;
  readonly what: string;
  readonly outcomes: readonly Outcome[];
  /** By what it has to fail; undefined where it has to end as the variant does. */
  readonly error: string | undefined;
}

const tasks = (name: string) => statesOf(name).filter((state) => state.type === 'Task');
const isFail = (name: string, state: string) => statesOf(name).find((each) => each.name === state)?.type === 'Fail';

/** Where an error without a Catch of its own goes: settling records an undo that fails, and goes on. */
function outerEnd(machine: string, state: State, error: string): string | undefined {
  // A right that nobody could ask about is told as unknown.
  if (state.name === 'Ask IAM') return undefined;
  // Nobody keeps Auto Scaling suspended since a question could not be asked.
  if (state.name === 'Are all targets healthy again?') return undefined;
  // What cannot be asked keeps nothing else from being asked; judging is what makes something of it.
  if (
    machine === 'validation' &&
    statesOf(machine).some(({ name }) => name === `${state.name.replace(/: .*$/, '')}: no answer`)
  )
    return undefined;
  // It goes on past what cannot be taken back, written or sent, and the lease is given back.
  const passed = state.name.startsWith('Take back ') || ['Write the report', 'Tell the people'].includes(state.name);
  if (machine === 'settlement' && passed) return 'UndoIncomplete';
  // A report that cannot be written keeps nobody from being told, nor a message that cannot be sent the lease from being given back.
  if (state.name === 'Write the report' || state.name === 'Tell the people') return 'UndoIncomplete';
  return error;
}

function trials(machine: string, variant: Variant, state: State): Trial[] {
  if (state.type !== 'Task') return [];
  const trial = (what: string, outcomes: readonly Outcome[], error: string | undefined): Trial => ({
    variant,
    state,
    what,
    outcomes,
    error,
  });
  const isQuestion = statesOf(machine).some(({ name }) => name === `${state.name}: done?`);
  const isEndless = statesOf(machine).some(({ name }) => name === `${state.name}: too long`);
  const isNested = state.resource.service === 'states';
  const expired = isEndless ? outerEnd(machine, state, 'WaitExpired') : undefined;
  // In an earlier round, the usual answer is what the variant has at this state.
  const usual = variant.script.states?.[state.name] ?? ['usual'];
  const caught = state.catch.flatMap(({ errorEquals, next }) => {
    // What passes is in one list (fragments/retries): one of it stands for all.
    const errors = errorEquals.includes(PASSING) ? [PASSING] : errorEquals.filter((error) => error !== 'States.ALL');
    return errors.map((error) =>
      isFail(machine, next)
        ? trial(`fails by ${error}`, [{ fails: error }], error)
        : trial(`fails by ${error}, once`, [{ fails: error }, ...usual], undefined),
    );
  });
  return [
    ...caught,
    trial('fails for good', [{ fails: PERMANENT }], outerEnd(machine, state, PERMANENT)),
    trial('fails without a cause', [{ fails: PERMANENT, cause: '' }], outerEnd(machine, state, PERMANENT)),
    ...(isNested || isQuestion ? [] : [trial('fails for a moment', [{ fails: PASSING }, ...usual], undefined)]),
    ...(isNested
      ? []
      : [
          trial(
            'fails for a moment again and again',
            [{ fails: PASSING }],
            isQuestion ? expired : outerEnd(machine, state, PASSING),
          ),
        ]),
    ...(isQuestion
      ? [trial('not yet, once', ['not yet', ...usual], undefined), trial('never', ['not yet'], expired)]
      : []),
  ];
}

const scripted = ({ variant, state, outcomes }: Trial): Script => ({
  ...variant.script,
  states: { ...variant.script.states, [state.name]: outcomes },
});

/** Drives each of these machines every way; the machines are shared among test files, so that two of them run at a time. */
export function everyWay(machines: readonly string[]): void {
  describe.each(machines)('%s', (machine) => {
    const ownVariants = variants[machine] ?? [];
    const visited = new Set<string>();
    const note = (ended: Ended) => {
      for (const edge of ended.edges) visited.add(edgeKey(edge));
      return ended;
    };
    const usualEnds = new Map<string, Ended>();

    test.each(ownVariants)('$name', async ({ name, script, nested, ends }) => {
      const ended = note(await flow(machine, script, nested));
      usualEnds.set(name, ended);
      expect(ended.violations).toEqual([]);
      expect({ status: ended.status, error: ended.error }).toEqual(
        ends === undefined ? { status: 'SUCCEEDED', error: undefined } : { status: 'FAILED', error: ends },
      );
    });

    test('whatever fails, for good or for a moment, ends as it has to', async () => {
      const wrong: string[] = [];
      const reached = new Set<string>();
      const driven = new Set<string>();
      for (const variant of ownVariants) {
        const base = usualEnds.get(variant.name);
        for (const state of tasks(machine).filter(({ name }) => base?.visited.has(name))) {
          reached.add(state.name);
          for (const trial of trials(machine, variant, state)) {
            // Once each, and once more where the same trouble leads elsewhere in another variant.
            const id = `${state.name}: ${trial.what}`;
            if (driven.has(id)) continue;
            driven.add(id);
            const ended = note(await flow(machine, scripted(trial), variant.nested));
            const expected = trial.error ?? variant.ends;
            const words = `${variant.name} / ${id}`;
            if (ended.error !== expected)
              wrong.push(`${words}: ended ${ended.error ?? 'well'}, not ${expected ?? 'well'}`);
            if ((ended.status === 'SUCCEEDED') !== (expected === undefined))
              wrong.push(`${words}: ended ${ended.status}`);
            wrong.push(...ended.violations.map((violation) => `${words}: ${violation}`));
          }
        }
      }
      expect(wrong).toEqual([]);
      process.stdout.write(`${machine}: ${driven.size} troubles in ${reached.size} tasks\n`);
    });

    test('every edge was taken', () => {
      const all = definitionEdges(machineOf(machine)).map(edgeKey);
      const missed = all.filter((edge) => !visited.has(edge));
      process.stdout.write(`${machine}: visited ${all.length - missed.length} of ${all.length}\n`);
      expect(missed).toEqual([]);
      expect(all.length).toBeGreaterThan(10);
    });
  });
}
