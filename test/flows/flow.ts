import { z } from 'zod';
import {
  TaskTokens,
  VirtualClock,
  loadDefinition,
  startExecution,
  type Edge,
  type ExecutionResult,
  type Machine,
  type TaskHandler,
} from '../../asl';
import { allStates, type State } from '../../asl/definition';
import { documentNameSchema, documents } from '../../contract/documents';
import { machinesOf, planNames, planOf } from '../../contract/plans';
import { allTasks } from '../../contract/tasks';
import { definitions } from '../statemachines/committed';
import { description, notYet, rehearsedAs, request, run, RUN_ID, usual, type Answer } from './answers';

/** What one call comes to. */
export type Outcome =
  'usual' | 'not yet' | { readonly fails: string; readonly cause?: string } | { readonly answers: unknown };

export interface Script {
  /** By state: what its calls come to, one after the other; the last one stays. */
  readonly states?: Readonly<Record<string, readonly Outcome[]>>;
  /** By function: what it answers instead of the usual. */
  readonly functions?: Readonly<Record<string, unknown>>;
  readonly input?: unknown;
  /** For what no function of today's contract answers: nothing of this machine is held against it. */
  readonly outsideContract?: true;
}

export interface Call {
  readonly machine: string;
  readonly state: string;
  readonly called: string;
  readonly given: unknown;
}

export interface Ended extends ExecutionResult {
  readonly edges: readonly Edge[];
  readonly calls: readonly Call[];
  /** Arguments and answers that the contract refuses, nested executions included. */
  readonly violations: readonly string[];
  readonly visited: ReadonlySet<string>;
}

/** By name. */
export const machines: ReadonlyMap<string, Machine> = new Map(
  [...definitions].map(([name, definition]) => [name, loadDefinition(definition)]),
);

export const machineOf = (name: string): Machine => {
  const machine = machines.get(name);
  if (machine === undefined) throw new TypeError(`no machine ${name}`);
  return machine;
};

export const statesOf = (name: string): readonly State[] => allStates(machineOf(name));

export const usualInput: Readonly<Record<string, unknown>> = {
  recovery: { plan: 'database-recovery' },
  ...Object.fromEntries(
    planNames.flatMap((plan) =>
      machinesOf(plan).map((machine) => [
        machine,
        { run: { ...run, plan }, request: { ...request, ...planOf(plan).smallest }, description },
      ]),
    ),
  ),
  validation: { run, description },
  settlement: { runId: RUN_ID, outcome: { status: 'succeeded' } },
  'integrity-probe': {},
  'release-probe': {},
};

const invocation = z.object({ FunctionName: z.string(), Payload: z.record(z.string(), z.unknown()) });
const nestedStart = z.object({ StateMachineArn: z.string(), Name: z.string().optional(), Input: z.unknown() });
const documentArguments = z.object({
  document: documentNameSchema,
  parameters: z.unknown().optional(),
});
const awaited = z.object({ done: z.boolean(), results: z.array(z.object({ result: z.unknown() })) });
/** What IAM takes (IAM API, SimulatePrincipalPolicy). */
const simulated = z.strictObject({
  PolicySourceArn: z.string(),
  ActionNames: z.array(z.string()).min(1),
  ResourceArns: z.array(z.string()).length(1),
  ContextEntries: z.array(
    z.strictObject({
      ContextKeyName: z.string(),
      ContextKeyType: z.string(),
      ContextKeyValues: z.array(z.string()),
    }),
  ),
});
const lastOf = (arn: string): string => arn.split(':').at(-1) ?? '';

class Failure extends Error {
  constructor(
    override readonly name: string,
    override readonly cause: string,
  ) {
    super(cause);
  }
}

/** One execution on a virtual clock, and those that it starts. */
class Flow {
  readonly calls: Call[] = [];
  readonly violations: string[] = [];
  readonly #clock = new VirtualClock();
  readonly #tokens = new TaskTokens();
  readonly #asked = new Map<string, number>();

  constructor(private readonly scripts: Readonly<Record<string, Script>>) {}

  async run(name: string, executionName = RUN_ID, input?: unknown): Promise<Ended> {
    const execution = startExecution({
      machine: machineOf(name),
      input: input ?? this.scripts[name]?.input ?? usualInput[name],
      clock: this.#clock,
      handler: this.#handler(name),
      tokens: this.#tokens,
      identity: {
        executionArn: `arn:aws:states:us-east-1:000000000000:execution:${name}:${executionName}`,
        executionName,
        stateMachineArn: `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`,
        stateMachineName: name,
        roleArn: 'arn:aws:iam::000000000000:role/machine',
      },
      random: () => 0.5,
    });
    const result = await execution.done;
    const edges = execution.edges();
    return {
      ...result,
      edges,
      calls: this.calls,
      violations: this.violations,
      visited: new Set(edges.map(({ to }) => to)),
    };
  }

  #handler(machine: string): TaskHandler {
    return async (resource, taskArguments, { state }) => {
      const outcome = this.#outcomeAt(machine, state.name);
      if (resource.includes(':aws-sdk:')) return this.#sdk(machine, state.name, resource, taskArguments, outcome);
      const isNested = resource.endsWith('states:startExecution.sync:2');
      const called = isNested
        ? lastOf(nestedStart.parse(taskArguments).StateMachineArn)
        : lastOf(invocation.parse(taskArguments).FunctionName);
      const given = isNested ? nestedStart.parse(taskArguments).Input : invocation.parse(taskArguments).Payload;
      this.calls.push({ machine, state: state.name, called, given });
      if (!isNested && this.scripts[machine]?.outsideContract !== true)
        this.#checkArguments(`${machine}/${state.name}`, called, given);
      if (typeof outcome === 'object' && 'fails' in outcome) {
        throw new Failure(outcome.fails, outcome.cause ?? `injected at ${state.name}`);
      }
      if (resource.endsWith('.waitForTaskToken')) this.#answerLater(given, outcome);
      if (isNested) return await this.#nested(called, nestedStart.parse(taskArguments).Name ?? RUN_ID, given);
      return { StatusCode: 200, Payload: this.#answer(machine, state.name, called, given, outcome) };
    };
  }

  /** Somebody answers by the token, unless nobody ever does. */
  #answerLater(given: unknown, outcome: Outcome): void {
    if (outcome === 'not yet') return;
    const { token } = z.object({ token: z.string() }).parse(given);
    this.#clock.after(60_000, () => {
      this.#tokens.sendTaskSuccess(token, { decision: 'approved' });
    });
  }

  /** A call that Step Functions makes of AWS itself. */
  #sdk(machine: string, state: string, resource: string, given: unknown, outcome: Outcome): unknown {
    const called = lastOf(resource);
    this.calls.push({ machine, state, called, given });
    if (called !== 'simulatePrincipalPolicy') this.violations.push(`${machine}/${state} calls ${resource}`);
    const asked = simulated.safeParse(given);
    if (!asked.success) this.violations.push(`${machine}/${state}: ${z.prettifyError(asked.error)}`);
    if (typeof outcome === 'object' && 'fails' in outcome) throw new Failure(outcome.fails, 'injected');
    if (typeof outcome === 'object' && 'answers' in outcome) return outcome.answers;
    return {
      EvaluationResults: (asked.data?.ActionNames ?? []).map((action) => ({
        EvalActionName: action,
        EvalDecision: 'allowed',
      })),
    };
  }

  #outcomeAt(machine: string, state: string): Outcome {
    const script = this.scripts[machine]?.states?.[state];
    if (script === undefined) return 'usual';
    const asked = this.#asked.get(`${machine}/${state}`) ?? 0;
    this.#asked.set(`${machine}/${state}`, asked + 1);
    return script[Math.min(asked, script.length - 1)] ?? 'usual';
  }

  #checkArguments(where: string, called: string, given: unknown): void {
    this.violations.push(
      ...once(`${where} to ${called}: ${JSON.stringify(given)}`, () => wrongArguments(where, called, given)),
    );
  }

  #answer(machine: string, state: string, called: string, given: unknown, outcome: Outcome): unknown {
    const instead = this.scripts[machine]?.functions?.[called];
    const asked = z.record(z.string(), z.unknown()).parse(given);
    const fallback: Answer =
      called === 'settle-report'
        ? () => this.#reported()
        : (usual[called] ?? ((of) => (of['verb'] === 'rehearse' ? rehearsedAs(of) : { done: true })));
    const answer = answerOf(
      outcome,
      called,
      typeof instead === 'function' || instead === undefined ? () => fallback(asked) : () => instead,
    );
    if (this.scripts[machine]?.outsideContract === true) return answer;
    const where = `the answer of ${called} at ${machine}/${state}`;
    const seen = `${where}: ${JSON.stringify(given)}: ${JSON.stringify(answer)}`;
    this.violations.push(...once(seen, () => wrongAnswer(where, called, given, answer)));
    return answer;
  }

  /** The report knows which changes could not be taken back: those that were recorded so. */
  #reported(): unknown {
    const undoFailed = this.calls
      .filter(({ called }) => called === 'settle-undo-failed')
      .map(({ given }) => z.object({ key: z.string() }).parse(given).key);
    return {
      status: undoFailed.length > 0 ? 'failed' : 'succeeded',
      undoFailed,
      reportKey: `runs/${RUN_ID}/report.json`,
    };
  }

  /** As `.sync:2` gives the end of the nested execution to its parent. */
  async #nested(name: string, executionName: string, input: unknown): Promise<unknown> {
    const { status, output, error, cause } = await this.run(name, executionName, input);
    const described = {
      Name: executionName,
      Status: status,
      ...(error === undefined ? {} : { Error: error, Cause: cause }),
    };
    if (status === 'SUCCEEDED') return { ...described, Output: output };
    throw new Failure('States.TaskFailed', JSON.stringify(described));
  }
}

function answerOf(outcome: Outcome, called: string, fallback: () => unknown): unknown {
  if (outcome === 'not yet') return notYet[called] ?? { done: false };
  if (typeof outcome === 'object' && 'answers' in outcome) return outcome.answers;
  return fallback();
}

const task = (called: string) => allTasks.find(({ name }) => name === called);

function wrongArguments(where: string, called: string, given: unknown): string[] {
  const contract = task(called);
  if (contract === undefined) return [`${where} calls ${called}, which is no task`];
  const parsed = contract.arguments.safeParse(given);
  const wrong = parsed.success ? [] : [`${where} to ${called}: ${z.prettifyError(parsed.error)}`];
  if (called !== 'document-send') return wrong;
  const { document, parameters } = documentArguments.parse(given);
  const held = documents[document].parameters.safeParse(parameters);
  return held.success ? wrong : [...wrong, `${where} to ${document}: ${z.prettifyError(held.error)}`];
}

function wrongAnswer(where: string, called: string, given: unknown, answer: unknown): string[] {
  const parsed = task(called)?.result.safeParse(answer);
  const wrong = parsed?.success === false ? [`${where}: ${z.prettifyError(parsed.error)}`] : [];
  if (called !== 'document-await') return wrong;
  const { document } = documentArguments.parse(given);
  for (const { result } of awaited.parse(answer).results) {
    const held = documents[document].result.safeParse(result);
    if (!held.success) wrong.push(`${where}, ${document}: ${z.prettifyError(held.error)}`);
  }
  return wrong;
}

/** What is wrong with each call, by all that it is judged by: most of a machine's ways make the same calls. */
const judged = new Map<string, readonly string[]>();

function once(key: string, judge: () => readonly string[]): readonly string[] {
  const known = judged.get(key) ?? judge();
  judged.set(key, known);
  return known;
}

/** Runs a machine under a script; nested machines under theirs. */
export async function flow(
  name: string,
  script: Script = {},
  nested: Readonly<Record<string, Script>> = {},
): Promise<Ended> {
  return await new Flow({ ...nested, [name]: script }).run(name);
}
