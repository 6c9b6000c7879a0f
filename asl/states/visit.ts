import { type Leaving, type State } from '../definition';
import { type Edge } from '../edges';
import { Cancelled, EvaluationError, StateError, enforcePayloadLimit } from '../errors';
import { type Template, evaluateTemplate } from '../expressions';
import { type Json, type JsonObject, jsonBytes } from '../json';
import { type Frame, type MapItem } from '../run';

/** How a state is left. Without an edge the body ends there. */
export interface Outcome {
  readonly output: Json;
  readonly assigned: JsonObject;
  readonly edge: Edge | undefined;
}

/** What `$states` holds beside the input and the context. */
export interface Results {
  readonly result?: Json;
  readonly errorOutput?: Json;
}

/** One visit of a state. */
export class Visit {
  readonly enteredAt: string;
  retryCount = 0;
  token: string | undefined;

  constructor(
    readonly frame: Frame,
    readonly state: State,
    readonly input: Json,
  ) {
    this.enteredAt = new Date(frame.run.clock.now().at).toISOString();
  }

  /** The value of a field, with this visit's variables and `$states`. @throws EvaluationError, recorded. */
  async evaluate(template: Template, field: string, results: Results = {}, item = this.frame.item): Promise<Json> {
    const { scope, run } = this.frame;
    try {
      return await evaluateTemplate(
        template,
        {
          variable: (name) => scope.get(name),
          states: { input: this.input, ...results, context: this.context(item) },
          now: run.clock.now().at,
        },
        field,
      );
    } catch (thrown) {
      if (!(thrown instanceof EvaluationError)) throw thrown;
      this.frame.cancellation.check();
      throw this.evaluationFailed(field, thrown);
    }
  }

  /** Records that a field's value is not what the state can use, and returns the failure. */
  wrongValue(field: string, value: Json, wanted: string): EvaluationError {
    const shown = JSON.stringify(value).slice(0, 200);
    return this.evaluationFailed(
      field,
      new EvaluationError(`The field '${field}' needs ${wanted}, not ${shown}.`, field),
    );
  }

  private evaluationFailed(field: string, failure: EvaluationError): EvaluationError {
    const located = new EvaluationError(
      `An error occurred while executing the state '${this.state.name}'. ${failure.cause}`,
      failure.location,
    );
    this.frame.record(
      'EvaluationFailed',
      {
        evaluationFailedEventDetails: {
          error: located.name,
          cause: located.cause,
          location: field,
          state: this.state.name,
        },
      },
      this.state.name,
    );
    return located;
  }

  /** Leaves the state: Assign and Output, both with the variables as they were on entry. */
  async leave(leaving: Leaving, results: Results, otherwise: Json, edge: Edge | undefined): Promise<Outcome> {
    const assigned: Record<string, Json> = {};
    for (const [name, template] of leaving.assign) {
      assigned[name] = await this.evaluate(template, `Assign/${name}`, results);
    }
    const output = leaving.output === undefined ? otherwise : await this.evaluate(leaving.output, 'Output', results);
    this.limit(output, 'output');
    enforcePayloadLimit(jsonBytes(assigned), `What the state '${this.state.name}' assigns`);
    return { output, assigned, edge };
  }

  /** @throws StateError States.DataLimitExceeded over 256 KiB */
  limit(value: Json, what: string): void {
    enforcePayloadLimit(jsonBytes(value), `The ${what} of the state '${this.state.name}'`);
  }

  /** Waits by the clock. @throws Cancelled */
  async sleep(seconds: number): Promise<void> {
    const { cancellation, run } = this.frame;
    cancellation.check();
    await new Promise<void>((resolve, reject) => {
      const timer = run.clock.after(seconds * 1000, () => {
        dispose();
        resolve();
      });
      const dispose = cancellation.onCancel(() => {
        timer.cancel();
        reject(new Cancelled());
      });
    });
  }

  /** A whole number within bounds, or a recorded failure. */
  async wholeNumber(template: Template, field: string, least: number, most: number): Promise<number> {
    const value = await this.evaluate(template, field);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.wrongValue(field, value, `a whole number from ${least} to ${most}`);
  }

  next(to: string | undefined): Edge | undefined {
    return to === undefined ? undefined : { from: this.state.name, to, kind: 'Next' };
  }

  /** `$states.context`: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
  private context(item: MapItem | undefined): JsonObject {
    const { identity, input, startedAt } = this.frame.run;
    return {
      Execution: {
        Id: identity.executionArn,
        Input: input,
        Name: identity.executionName,
        RoleArn: identity.roleArn,
        StartTime: startedAt,
        RedriveCount: 0,
      },
      State: { Name: this.state.name, EnteredTime: this.enteredAt, RetryCount: this.retryCount },
      StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
      ...(this.token === undefined ? {} : { Task: { Token: this.token } }),
      ...(item === undefined ? {} : { Map: { Item: { Index: item.index, Value: item.value } } }),
    };
  }
}

/** The failure of what cannot go on and what nothing may catch. */
export function runtimeFailure(cause: string): StateError {
  return new StateError('States.Runtime', cause);
}
