import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  Fail,
  IntegrationPattern,
  type State,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
  Pass,
  type CatchProps,
  type IChainable,
  type INextable,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { WAIT_EXPIRED, type ErrorName } from '../../contract/errors';
import { Expression, expression, path, variable, type Input, type Path } from '../../contract/expressions';
import type { ArgumentsOf, ResultOf, TaskContract } from '../../contract/tasks';
import { passing, transient } from './retries';

/** The functions of a deployment by the task's name; lib/tasks makes them, a rendering uses stand-ins. */
export type Functions = (task: TaskContract) => IFunction;

/** A variable of the machine and what it is given when a state has ended; visible from the next state on. */
export interface Assignment {
  readonly name: string;
  readonly value: unknown;
}

/** Gives a variable (made with `variable()`) a value of its own type. */
export function assign<T>(to: Expression<T>, value: Input<NoInfer<T>>): Assignment {
  if (!/^\$[A-Za-z][A-Za-z0-9]*$/.test(to.body))
    throw new Error(`${to.body} is no variable: assign() takes what variable() made`);
  return { name: to.body.slice(1), value };
}

/** An assignment as the CDK wants it. */
export function assigned(assignments: readonly Assignment[]): Record<string, unknown> {
  return Object.fromEntries(assignments.map(({ name, value }) => [name, rendered(value)]));
}

/**
 * Arguments as they stand in the definition: expressions as `{% … %}`. A string that looks like an expression but was
 * not made by `expression()` is refused: the compiler could not have checked it.
 */
export function rendered(value: unknown): unknown {
  if (value instanceof Expression) return value.toString();
  if (typeof value === 'string' && value.includes('{%')) {
    throw new Error(`a raw JSONata string is not checked by types, use expression(): ${value}`);
  }
  if (Array.isArray(value)) return value.map(rendered);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, rendered(item)]),
    );
  }
  return value;
}

/** How long a machine waits for something that it asks about again and again. */
export interface Patience {
  /** The first wait, seconds; each next one is half as long again. */
  readonly firstSeconds: number;
  /** No wait is longer, seconds. */
  readonly longestSeconds: number;
  /** After so many questions the machine gives up with `WaitExpired`. */
  readonly rounds: number;
  /** Where the number follows from what there is: after so many, and at the latest after `rounds`. */
  readonly enough?: Expression<number>;
}

/** Where a wait goes on when its question ends with an error that the machine can act on. */
export interface Rescue {
  readonly errors: readonly ErrorName[];
  readonly to: IChainable;
}

/** A state that can have a Catch: a task, a Parallel, a Map. */
interface Catching {
  addCatch(handler: IChainable, props?: CatchProps): unknown;
}

export interface Failed {
  readonly Error: string;
  readonly Cause: string;
}

/**
 * The vocabulary in which the machines are written. `onFailure` is the one failure path of the machine: every task leads
 * there (inside a Parallel or Map, whose own Catch does, it is not given).
 */
export class Steps {
  constructor(
    readonly scope: Construct,
    private readonly functions: Functions,
    private readonly onFailure?: IChainable,
    private readonly failure: Expression<Failed> | null = variable<Failed>('failure'),
  ) {}

  /** The same vocabulary for the inside of a Parallel or Map. */
  inside(): Steps {
    return new Steps(this.scope, this.functions);
  }

  /** The same vocabulary where what fails is let be, and it goes on elsewhere. */
  goingOnTo(onFailure: IChainable): Steps {
    return new Steps(this.scope, this.functions, onFailure, null);
  }

  /** The same vocabulary where a failure leads elsewhere than to the machine's failure path. */
  failingTo(onFailure: IChainable): Steps {
    return new Steps(this.scope, this.functions, onFailure);
  }

  /** One function, once; its result is there for `keep`. */
  task<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    keep: (result: Path<ResultOf<C>>) => readonly Assignment[] = () => [],
  ): LambdaInvoke {
    const state = this.invoke(name, contract, args, keep);
    state.addRetry(transient);
    return this.caught(state);
  }

  /**
   * One function, which hands the token of this state on; the state waits until somebody answers by it, or goes on at
   * `late` when its time is up.
   */
  awaitToken<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    seconds: Expression<number>,
    late: IChainable,
  ): LambdaInvoke {
    const state = LambdaInvoke.jsonata(this.scope, name, {
      lambdaFunction: this.functions(contract),
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      comment: contract.does,
      payload: TaskInput.fromObject(plain(rendered(args))),
      outputs: {},
      taskTimeout: Timeout.jsonata(seconds.toString()),
      retryOnServiceExceptions: false,
    });
    state.addRetry(transient);
    state.addCatch(late, { errors: ['States.Timeout'], outputs: {} });
    return this.caught(state);
  }

  private invoke<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    keep: (result: Path<ResultOf<C>>) => readonly Assignment[],
  ): LambdaInvoke {
    return LambdaInvoke.jsonata(this.scope, name, {
      lambdaFunction: this.functions(contract),
      comment: contract.does,
      payload: TaskInput.fromObject(plain(rendered(args))),
      outputs: {},
      assign: assigned(keep(path<ResultOf<C>>('$states.result.Payload'))),
      // A little longer than the function's own, so that the function's error is the one that is seen.
      taskTimeout: Timeout.duration(Duration.seconds(contract.timeoutSeconds + 10)),
      retryOnServiceExceptions: false,
    });
  }

  /** Sends what fails to the machine's failure path, with the error in `$failure`. */
  caught<S extends Catching>(state: S): S {
    if (this.onFailure !== undefined) {
      state.addCatch(this.onFailure, {
        errors: ['States.ALL'],
        outputs: {},
        assign: this.failure === null ? {} : assigned([assign(this.failure, lastError)]),
      });
    }
    return state;
  }

  /**
   * Asks again and again, with growing pauses, until `done`, and fails with `WaitExpired` when its rounds are used up.
   * States: `<name>`, `<name>: done?`, `<name>: pause`, `<name>: too long`. The state before has set the round counter
   * to 0 (`startOfWait` or `fromNow`).
   */
  until<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    patience: Patience,
    isDone: (result: Path<ResultOf<C>>) => Expression<boolean>,
    keep: (result: Path<ResultOf<C>>) => readonly Assignment[] = () => [],
    rescue?: Rescue,
  ): IChainable {
    const { ask, choice, asked } = this.loop(name, contract, args, patience, isDone, { keep, rescue, unknown: null });
    const { rounds, enough } = patience;
    const without = `"${name}" did not come about within its`;
    const tooLong = Fail.jsonata(this.scope, `${name}: too long`, {
      error: WAIT_EXPIRED,
      cause:
        enough === undefined
          ? `${without} ${rounds} questions`
          : `{% '${without} ' & $string(${asked.round}) & ' questions' %}`,
    });
    const asking = `$not(${asked.finished}) and ${asked.round}`;
    const sooner = enough === undefined ? '' : `${asking} >= ${enough.body} or `;
    choice.when(Condition.jsonata(`{% ${sooner}${asking} >= ${rounds} %}`), tooLong);
    return segment(ask, {
      next: (state) => {
        choice.when(Condition.jsonata(`{% ${asked.finished} %}`), state);
        return choice.afterwards();
      },
    });
  }

  /**
   * Asks like `until`, but goes on with the last answer when its rounds are used up: the answer is evidence, not a condition.
   * What is kept has a value before; where no question could be answered it stays.
   */
  ask<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    patience: Patience,
    isDone: (result: Path<ResultOf<C>>) => Expression<boolean>,
    keep: (result: Path<ResultOf<C>>) => readonly Assignment[],
  ): IChainable {
    const { ask, choice, asked } = this.loop(name, contract, args, patience, isDone, { keep });
    return segment(ask, {
      next: (state) => {
        choice.when(Condition.jsonata(`{% ${asked.finished} or ${asked.round} >= ${patience.rounds} %}`), state);
        return choice.afterwards();
      },
    });
  }

  private loop<C extends TaskContract>(
    name: string,
    contract: C,
    args: Input<ArgumentsOf<C>>,
    patience: Patience,
    isDone: (result: Path<ResultOf<C>>) => Expression<boolean>,
    answers: {
      readonly keep: (result: Path<ResultOf<C>>) => readonly Assignment[];
      readonly rescue?: Rescue | undefined;
      /** What is kept while a question could not be answered; the last answer unless given. */
      readonly unknown?: null;
    },
  ) {
    const { keep, rescue, unknown } = answers;
    const round = roundOf(name);
    const finished = variable<boolean>(`${slug(name)}Done`);
    const ask = this.invoke(name, contract, args, (result) => [
      assign(finished, isDone(result)),
      assign(round, expression<number>(`${round.body} + 1`)),
      ...keep(result),
    ]);
    const pause = Wait.jsonata(this.scope, `${name}: pause`, {
      time: WaitTime.seconds(
        `{% $min([${patience.longestSeconds}, $ceil(${patience.firstSeconds} * $power(1.5, ${round.body} - 1))]) %}`,
      ),
    });
    const choice = Choice.jsonata(this.scope, `${name}: done?`);
    ask.next(choice);
    const kept = unknown === undefined ? [] : keep(path<ResultOf<C>>('$states.result.Payload'));
    // The first Catch that matches is taken: what can be acted on, then what will pass, then the failure path. A question
    // that AWS could not answer for a moment counts as a round, so that no Retry multiplies the events of a long wait.
    if (rescue !== undefined) ask.addCatch(rescue.to, { errors: [...rescue.errors], outputs: {} });
    ask.addCatch(choice, {
      errors: [...passing],
      outputs: {},
      assign: assigned([
        assign(finished, false),
        assign(round, expression<number>(`${round.body} + 1`)),
        // What the answer would have told is not known yet; the next answer says it.
        ...kept.map(({ name: unknownYet }) => ({ name: unknownYet, value: unknown })),
      ]),
    });
    this.caught(ask);
    choice.otherwise(pause.next(ask));
    return { ask, choice, asked: { finished: finished.body, round: round.body } };
  }

  /** Sets the round counter of a wait that no task of its own comes before. */
  fromNow(name: string): Pass {
    return Pass.jsonata(this.scope, `${name}: from now`, { outputs: {}, assign: assigned([startOfWait(name)]) });
  }

  /** Gives variables their values, nothing else. */
  remember(name: string, assignments: readonly Assignment[]): Pass {
    return Pass.jsonata(this.scope, name, { outputs: {}, assign: assigned(assignments) });
  }

  /** One after the other, read downwards. */
  sequence(...steps: readonly IChainable[]): IChainable {
    const [first, ...rest] = steps;
    if (first === undefined) throw new Error('a sequence needs at least one step');
    let ends = first.endStates;
    for (const step of rest) {
      for (const end of ends) end.next(step);
      ends = step.endStates;
    }
    return { id: first.id, startState: first.startState, endStates: ends };
  }

  /** Either the one or the other, then on with whichever it was. */
  either(name: string, condition: Expression<boolean>, then: IChainable, otherwise?: IChainable): IChainable {
    const choice = Choice.jsonata(this.scope, name);
    choice.when(Condition.jsonata(condition.toString()), then);
    if (otherwise !== undefined) {
      choice.otherwise(otherwise);
      return { id: name, startState: choice, endStates: [...then.endStates, ...otherwise.endStates] };
    }
    return {
      id: name,
      startState: choice,
      endStates: [
        ...then.endStates,
        {
          next: (state) => {
            choice.otherwise(state);
            return choice.afterwards();
          },
        },
      ],
    };
  }
}

/** The round counter of a wait; set to 0 by the state before it. */
export function startOfWait(name: string): Assignment {
  return assign(roundOf(name), 0);
}

function roundOf(name: string): Expression<number> {
  return variable<number>(`${slug(name)}Round`);
}

/** `Restore beside: in force?` to `restoreBesideInForce`: a variable's name from a state's. */
export function slug(name: string): string {
  const words = name
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .split(' ');
  return words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()))
    .join('');
}

/**
 * The words of an error's cause, for people. A function's failure comes as the JSON of its error, with the stack; anything
 * else as text. JSONata cannot catch, so only what is certainly such JSON is parsed: a Catch that fails settles nothing.
 */
export function wordsOf(cause: string): string {
  return (
    `($cause := $exists(${cause}) ? $string(${cause}) : 'no cause given';` +
    ` $contains($cause, /^\\{"errorType":"[A-Za-z0-9_.]+","errorMessage":"/) and $contains($cause, /\\}$/)` +
    ` ? $parse($cause).errorMessage : $cause)`
  );
}

const lastError = expression<Failed>(
  `{'Error': $states.errorOutput.Error, 'Cause': ${wordsOf('$states.errorOutput.Cause')}}`,
);

function segment(start: State, end: INextable): IChainable {
  return { id: start.id, startState: start, endStates: [end] };
}

/** Arguments as the CDK wants them. */
export function plain(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('a task takes an object');
  return Object.fromEntries(Object.entries(value));
}
