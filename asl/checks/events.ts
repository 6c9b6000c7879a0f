import { type Body, type Machine, type State, type TaskState } from '../definition';
import { HISTORY_LIMIT } from '../history';
import { isList } from '../json';
import { type Retrier, matchesError } from '../retry';
import { type Found } from './findings';
import { components, isLoop, longestPaths, successors } from './loops';
import { reachableFrom } from './reachability';

/** The bounds that a definition does not show. */
export interface EventOptions {
  /**
   * At most how often a state is visited in one run of its body. Every loop needs such a state: the one where it
   * waits, say, with the number of rounds after which its Choice gives up.
   */
  readonly rounds?: Readonly<Record<string, number>>;
  /** At most how many items a Map gets. */
  readonly items?: Readonly<Record<string, number>>;
  /** The most events that are allowed; by default one less than the quota of 25,000. */
  readonly limit?: number;
}

/** The most history events that any run of a machine can make, and what keeps that from being known or allowed. */
export interface WorstCase {
  /** Infinity where a loop or a Map has no bound. */
  readonly events: number;
  readonly found: readonly Found[];
}

/**
 * Counts the events of the longest run: the costliest way through the states, every Retry used up. A loop costs, for
 * each permitted visit of its bounded states, that visit and the costliest way on to the next one; a loop with two
 * bounded states is so counted as if both were used up, never too little.
 */
export function worstCaseEvents(machine: Machine, options: EventOptions = {}): WorstCase {
  const count = new Count(options);
  // ExecutionStarted and the end.
  const events = 2 + count.body(machine);
  const limit = options.limit ?? HISTORY_LIMIT - 1;
  const found = [...count.found, ...count.unused()];
  if (Number.isFinite(events) && events > limit) {
    const message = `The longest run makes ${events} history events, more than ${limit}: poll less often, or split the machine.`;
    found.push({ check: 'events', state: undefined, message });
  }
  return { events, found };
}

class Count {
  readonly found: Found[] = [];
  readonly #used = new Set<string>();

  constructor(private readonly options: EventOptions) {}

  body(body: Body): number {
    const reachable = reachableFrom(body, body.startAt);
    const total = new Map<string, number>();
    for (const component of components(body, reachable)) {
      const inside = this.#component(body, component);
      const after = component.flatMap((name) => successors(body, name)).map((next) => total.get(next) ?? 0);
      for (const name of component) total.set(name, inside + Math.max(0, ...after));
    }
    return total.get(body.startAt) ?? 0;
  }

  /** Bounds for what is no loop, or not there. */
  unused(): Found[] {
    const given = [...Object.keys(this.options.rounds ?? {}), ...Object.keys(this.options.items ?? {})];
    return given
      .filter((name) => !this.#used.has(name))
      .map((name) => ({
        check: 'events',
        state: name,
        message: 'A bound is given for this state, which needs none: take it away, or correct the name.',
      }));
  }

  #component(body: Body, component: readonly string[]): number {
    const [only] = component;
    if (only !== undefined && !isLoop(body, component)) return this.#named(body, only);
    const rounds = new Map(
      component.flatMap((name) => {
        const bound = this.options.rounds?.[name];
        return bound === undefined ? [] : [[name, bound] as const];
      }),
    );
    for (const name of rounds.keys()) this.#used.add(name);
    const free = new Set(component.filter((name) => !rounds.has(name)));
    const unbounded = components(body, free).find((part) => isLoop(body, part));
    if (unbounded !== undefined) return this.#unbounded(unbounded);
    const costs = new Map(component.map((name) => [name, this.#named(body, name)]));
    const cost = (name: string): number => costs.get(name) ?? 0;
    const longest = longestPaths(body, free, cost);
    // The way in, up to the first bounded state; then each visit and the way on to the next.
    let events = Math.max(0, ...longest.values());
    for (const [name, bound] of rounds) {
      const onward = Math.max(0, ...successors(body, name).map((next) => longest.get(next) ?? 0));
      events += bound * (cost(name) + onward);
    }
    return events;
  }

  #unbounded(loop: readonly string[]): number {
    const names = [...loop].sort().join(', ');
    this.found.push({
      check: 'events',
      state: loop[0],
      message: `The loop through ${names} has no bound: count its rounds, and pass the most of them as rounds for one of its states.`,
    });
    return Number.POSITIVE_INFINITY;
  }

  #named(body: Body, name: string): number {
    const state = body.states.get(name);
    return state === undefined ? 0 : this.#state(state);
  }

  /** The most events of one visit. */
  #state(state: State): number {
    switch (state.type) {
      case 'Task':
        return 2 + attempts(state.retry) * taskEvents(state) + evaluationFailures(state.retry);
      case 'Parallel': {
        const branches = state.branches.reduce((sum, branch) => sum + this.body(branch), 0);
        // Started, Succeeded or Failed.
        return 2 + attempts(state.retry) * (2 + branches) + evaluationFailures(state.retry);
      }
      case 'Map': {
        // Each iteration Started, Succeeded or Failed; its ItemSelector may fail instead of all else.
        const iterations = this.#items(state.name, state.items) * (2 + Math.max(1, this.body(state.processor)));
        return 2 + attempts(state.retry) * (2 + iterations) + evaluationFailures(state.retry);
      }
      case 'Choice':
      case 'Wait':
      case 'Pass':
      case 'Succeed':
      case 'Fail':
        // Entered, and Exited or EvaluationFailed.
        return 2;
    }
  }

  #items(name: string, items: Extract<State, { type: 'Map' }>['items']): number {
    if (items?.kind === 'list') return items.items.length;
    if (items?.kind === 'value' && isList(items.value)) return items.value.length;
    const bound = this.options.items?.[name];
    if (bound !== undefined) {
      this.#used.add(name);
      return bound;
    }
    this.found.push({
      check: 'events',
      state: name,
      message: 'This Map has no bound: pass the most items that it can get as items for it.',
    });
    return Number.POSITIVE_INFINITY;
  }
}

function attempts(retry: readonly Retrier[]): number {
  return retry.reduce((sum, retrier) => sum + retrier.maxAttempts, 1);
}

/** Scheduled, Started, Submitted, and Succeeded, Failed or TimedOut. */
function taskEvents(state: TaskState): number {
  return state.resource.integration === 'requestResponse' ? 3 : 4;
}

/** EvaluationFailed: once, or at every attempt where the Retry takes it for a reason to try again. */
function evaluationFailures(retry: readonly Retrier[]): number {
  const retried = retry.filter((retrier) => matchesError(retrier.errorEquals, 'States.QueryEvaluationError'));
  return 2 + retried.reduce((sum, retrier) => sum + retrier.maxAttempts, 0);
}
