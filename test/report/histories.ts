import type { HistoryEvent } from '../../report/material';

type Branch = (history: HistoryBuilder) => void;

/** The time of a sandbox: work takes real seconds, waiting is skipped. Shared by the machines of one run. */
export class FakeTime {
  readonly skips: { at: number; seconds: number }[] = [];
  constructor(public now: number) {}

  work(seconds: number): void {
    this.now += seconds * 1000;
  }
  skip(seconds: number): void {
    this.now += 5;
    this.skips.push({ at: this.now, seconds });
  }
  readonly iso = (): string => new Date(this.now).toISOString();
  readonly skippedBetween = (from: string, to: string): number =>
    this.skips
      .filter(({ at }) => at > Date.parse(from) && at <= Date.parse(to))
      .reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Writes a history as Step Functions does, with the chain of `previousEventId`. */
export class HistoryBuilder {
  readonly events: HistoryEvent[] = [];
  #previous = 0;
  constructor(readonly time: FakeTime) {
    this.#add('ExecutionStarted');
  }

  #add(type: string, details: Partial<HistoryEvent> = {}): number {
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId: this.#previous, timestamp: this.time.iso(), type, ...details });
    this.#previous = id;
    return id;
  }
  #enter(type: string, name: string): void {
    this.#add(`${type}StateEntered`, { stateEnteredEventDetails: { name } });
  }
  #exit(type: string, name: string): void {
    this.#add(`${type}StateExited`, { stateExitedEventDetails: { name } });
  }

  /** One task; `failures` attempts fail with `error` first, and where `recovers` is false that is how it ends. */
  task(
    name: string,
    seconds: number,
    options: { failures?: number; error?: string; cause?: string; recovers?: boolean; caught?: boolean } = {},
  ): this {
    const { failures = 0, error = 'ThrottledError', cause = 'Rate exceeded', recovers = true, caught = true } = options;
    this.#enter('Task', name);
    for (let attempt = 0; attempt < failures; attempt++) {
      this.#call(seconds);
      this.#add('TaskFailed', { taskFailedEventDetails: { error, cause } });
    }
    if (recovers) {
      this.#call(seconds);
      this.#add('TaskSucceeded');
    }
    if (recovers || caught) this.#exit('Task', name);
    return this;
  }
  #call(seconds: number): void {
    this.#add('TaskScheduled', { taskScheduledEventDetails: { resourceType: 'lambda', resource: 'invoke' } });
    this.#add('TaskStarted');
    this.time.work(seconds);
  }

  wait(name: string, seconds: number): this {
    this.#enter('Wait', name);
    this.time.skip(seconds);
    this.#exit('Wait', name);
    return this;
  }
  choice(name: string): this {
    this.#enter('Choice', name);
    this.#exit('Choice', name);
    return this;
  }
  /** Ask, choose, wait, ask again. */
  poll(ask: string, wait: string, rounds: number, waitSeconds: number, askSeconds = 0.12): this {
    for (let round = 1; round <= rounds; round++) {
      this.task(ask, askSeconds).choice(`${ask}?`);
      if (round < rounds) this.wait(wait, waitSeconds);
    }
    return this;
  }
  /** Branches beside each other: each begins at the same time; the slowest one ends the state. */
  parallel(name: string, branches: readonly Branch[]): this {
    this.#enter('Parallel', name);
    const started = this.#add('ParallelStateStarted');
    const begin = this.time.now;
    let end = begin;
    for (const branch of branches) {
      this.#previous = started;
      this.time.now = begin;
      branch(this);
      end = Math.max(end, this.time.now);
    }
    this.time.now = end;
    this.#add('ParallelStateSucceeded');
    this.#exit('Parallel', name);
    return this;
  }
  map(name: string, iterations: readonly Branch[]): this {
    this.#enter('Map', name);
    this.#add('MapStateStarted');
    for (const iteration of iterations) {
      this.#add('MapIterationStarted');
      iteration(this);
      this.#add('MapIterationSucceeded');
    }
    this.#add('MapStateSucceeded');
    this.#exit('Map', name);
    return this;
  }
  /** A task that starts another machine and waits for it. */
  machine(name: string, executionArn: string, run: () => void, failure?: { error: string; cause: string }): this {
    this.#enter('Task', name);
    const resource = { resourceType: 'states', resource: 'startExecution.sync:2' };
    this.#add('TaskScheduled', { taskScheduledEventDetails: resource });
    this.#add('TaskStarted');
    this.#add('TaskSubmitted', {
      taskSubmittedEventDetails: { output: JSON.stringify({ ExecutionArn: executionArn }) },
    });
    run();
    this.#add(failure ? 'TaskFailed' : 'TaskSucceeded', failure ? { taskFailedEventDetails: failure } : {});
    this.#exit('Task', name);
    return this;
  }
  enter(type: string, name: string): this {
    this.#enter(type, name);
    return this;
  }
  end(status: 'Succeeded' | 'Failed' | 'Aborted', failure?: { error: string; cause: string }): this {
    if (status === 'Failed') this.#enter('Fail', 'Failed');
    this.#add(`Execution${status}`, failure ? { executionFailedEventDetails: failure } : {});
    return this;
  }
}
