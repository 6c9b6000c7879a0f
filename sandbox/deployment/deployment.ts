import { type Clock } from '../../asl';
import { CallLog, type CallRecord, type Finding, Gate, Roles, parsePolicy, policyFindings } from '../identity';
import { Alarms } from '../services/cloudwatch/alarms';
import { Tables } from '../services/dynamodb/tables';
import { EventBus } from '../services/events/bus';
import { Destinations } from '../services/events/destinations';
import { Functions, type FunctionOutcome } from '../services/lambda/functions';
import { PolicySimulator } from '../services/iam/simulator';
import { type Place, globalArn } from '../services/place';
import { Buckets, type StoredObject } from '../services/s3/buckets';
import { Schedules } from '../services/scheduler/schedules';
import { Secrets } from '../services/secrets-manager';
import { type SimulatedService } from '../services/service';
import { type PublishedMessage, Topics } from '../services/sns';
import { Queues } from '../services/sqs';
import { type Hosts, type Upload } from '../services/ssm/host';
import { SystemsManager } from '../services/ssm/systems-manager';
import { statusChange } from '../services/states/describe';
import { taskHandler } from '../services/states/integrations';
import { type ExecutionEntry, StateMachines } from '../services/states/machines';
import { StepFunctions } from '../services/states/step-functions';
import { readStack } from './assembly';
import { type Surroundings } from './bundle';
import { type Calling, calling } from './calling';
import { type CreatedStack, createStack } from './create';
import { Dispatcher } from './dispatcher';
import { AssemblyError, NotDeployedError } from './errors';
import { type LogLine } from './function-log';
import { type Infrastructure } from './infrastructure';
import { exemptFromInterception, installInterceptor } from './interceptor';
import {
  addressAnswer,
  addressEvent,
  addressPermissions,
  type HttpAnswer,
  type SignedRequest,
} from './function-address';
import { logFindings } from './log-findings';

export interface DeployOptions {
  /** The folder that a deployment would upload: `cdk.out`. */
  readonly assembly: string;
  readonly stack: string;
  readonly clock: Clock;
  /** The stack's own unless given; needed where it is agnostic of them. */
  readonly account?: string;
  readonly region?: string;
  /** Of the template; those without a default have to be here. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Services that others simulate, over the parts that all share. */
  readonly services?: readonly SimulatedService[] | ((parts: SharedParts) => readonly SimulatedService[]);
  /** A second region: what it has of its own. Buckets are the account's, and S3 answers there for all of them. */
  readonly elsewhere?: { readonly region: string; readonly services: readonly SimulatedService[] };
  readonly hosts?: Hosts;
  /** Where objects of S3 are written; undefined keeps them in memory. */
  readonly objectsFolder?: string;
  /** What functions may reach of the network: modules by name (`http`, `https`, `net`, …) and `fetch`. None unless given. */
  readonly surroundings?: Partial<Surroundings>;
}

/** What services of others may need of a deployment. */
export interface SharedParts {
  readonly place: Place;
  readonly gate: Gate;
  readonly secrets: Secrets;
  /** Puts an event of AWS on the account's bus. Usable once the deployment is made. */
  readonly emit: EventBus['put'];
}

/** A stack of a cloud assembly, running in this process. */
export class Deployment {
  readonly #uninstall = installInterceptor();

  constructor(
    readonly place: Place,
    readonly stack: CreatedStack,
    /** What AWS would accept and then not grant, or lose. */
    readonly findings: readonly Finding[],
    readonly secrets: Secrets,
    private readonly infrastructure: Infrastructure,
    private readonly destinations: Destinations,
    private readonly dispatcher: Dispatcher,
    private readonly log: CallLog,
  ) {}

  /** The simulated parts themselves, for a world that is built around them. */
  get parts(): Pick<
    Infrastructure,
    | 'alarms'
    | 'buckets'
    | 'bus'
    | 'gate'
    | 'machines'
    | 'queues'
    | 'roles'
    | 'schedules'
    | 'systems'
    | 'tables'
    | 'topics'
  > {
    return this.infrastructure;
  }

  /** Every call so far, with who made it and what IAM said. */
  get callLog(): readonly CallRecord[] {
    return this.log.records();
  }

  /** Every simulated service's stand-in, for the report. */
  get standIns(): readonly SimulatedService['standIn'][] {
    return this.dispatcher.services().map(({ standIn }) => standIn);
  }

  /** What rules and schedules could not deliver, with the reason. */
  get failedDeliveries(): ReturnType<Destinations['failed']> {
    return this.destinations.failed();
  }

  /**
   * Invokes a function as somebody who may, and waits.
   * @param name logical id, physical name, or what comes last in it (`run-open` of `lifeboat-drill-run-open`)
   * @throws NotDeployedError
   */
  async invoke(name: string, payload: unknown): Promise<FunctionOutcome> {
    const found = this.#named(name, 'AWS::Lambda::Function', this.infrastructure.functions.all());
    return await this.infrastructure.functions.invoke(found.arn, JSON.stringify(payload));
  }

  /**
   * Starts a machine as somebody who may. The end: `entry.execution.done`.
   * @param name of the machine, as for `invoke`
   * @throws NotDeployedError, AwsError
   */
  start(name: string, input: unknown, executionName?: string): ExecutionEntry {
    const found = this.#named(name, 'AWS::StepFunctions::StateMachine', this.infrastructure.machines.all());
    return this.infrastructure.machines.start(found.arn, executionName, JSON.stringify(input));
  }

  /**
   * Calls a function's address with a signed request, as whoever has the role. IAM decides first, as for any call.
   * @throws AwsError, NotDeployedError
   */
  async request(roleArn: string, source: string, name: string, sent: SignedRequest): Promise<HttpAnswer> {
    const { functions, gate } = this.infrastructure;
    const { arn } = this.#named(name, 'AWS::Lambda::Function', functions.all());
    const session = { roleArn, name: source };
    gate.require(session, 'Lambda', addressPermissions(arn));
    const outcome = await functions.invoke(arn, JSON.stringify(addressEvent(gate.userArn(session), sent)));
    return addressAnswer(outcome);
  }

  /** Fires a scheduled rule or a schedule now, named as for `invoke`. @throws NotDeployedError */
  fire(name: string): void {
    const { bus, schedules } = this.infrastructure;
    const scheduled = bus.rules().filter((rule) => rule.schedule !== undefined);
    const isRule = this.#find(name, 'AWS::Events::Rule', scheduled);
    if (isRule !== undefined) bus.fire(isRule.name);
    else schedules.fire(this.#named(name, 'AWS::Scheduler::Schedule', schedules.all()).name);
  }

  /** What was published, to all topics or to one by its ARN. */
  messages(topicArn?: string): readonly PublishedMessage[] {
    return this.infrastructure.topics.messages(topicArn);
  }

  /** Every version of every object of a bucket, by logical id or name. @throws NotDeployedError */
  objects(bucket: string): readonly StoredObject[] {
    return this.infrastructure.buckets.objects(this.stack.resources.get(bucket)?.ref ?? bucket);
  }

  /** What a function printed, by name as for `invoke`; of one invocation, by its request id. @throws NotDeployedError */
  functionLog(name: string, requestId?: string): readonly LogLine[] {
    const { runtimes, functions } = this.infrastructure;
    const { arn } = this.#named(name, 'AWS::Lambda::Function', functions.all());
    const runtime = [...runtimes.values()].find(({ description }) => description.arn === arn);
    return runtime?.log.lines(requestId) ?? [];
  }

  /** A role that is not of the stack: a host's instance profile, an operator. Returns its ARN. @throws PolicyError */
  addRole(name: string, policyDocument: unknown): string {
    const arn = globalArn(this.place, 'iam', `role/${name}`);
    const trust = { name: `trust policy of ${name}`, statements: [] };
    this.infrastructure.roles.add({ arn, name, trust, policies: [parsePolicy(name, policyDocument, 'identity')] });
    return arn;
  }

  /** Runs code whose SDK calls are made under a role. `source` is who calls, in the log. */
  async as<T>(roleArn: string, source: string, work: () => Promise<T>): Promise<T> {
    const current: Calling = {
      session: { roleArn, name: source },
      requestId: undefined,
      answer: async (call, { session }) => await this.dispatcher.answer(call, session),
      ended: false,
    };
    try {
      return await calling.run(current, work);
    } finally {
      current.ended = true;
    }
  }

  /** One call under a role without the SDK, as a host's `aws` command makes it. @throws AwsError, NotSimulatedError */
  async call(roleArn: string, source: string, service: string, operation: string, input: unknown): Promise<unknown> {
    return await this.dispatcher.answer({ service, operation, input, region: undefined }, { roleArn, name: source });
  }

  /** Ends everything: executions, commands, schedules, the database of tables, the interception of the SDK. */
  async close(): Promise<void> {
    const { bus, schedules, machines, systems, tables } = this.infrastructure;
    bus.close();
    schedules.close();
    machines.close();
    systems.close();
    await tables.close();
    this.#uninstall();
  }

  #named<T extends { readonly name: string; readonly arn: string }>(name: string, type: string, all: readonly T[]): T {
    const found = this.#find(name, type, all);
    if (found !== undefined) return found;
    throw new NotDeployedError(`No ${type} is called ${name}; there are: ${all.map((one) => one.name).join(', ')}`);
  }

  #find<T extends { readonly name: string; readonly arn: string }>(
    name: string,
    type: string,
    all: readonly T[],
  ): T | undefined {
    const created = this.stack.resources.get(name);
    const ref = created?.type === type ? created.ref : name;
    const exact = all.find((one) => one.name === ref || one.arn === ref);
    if (exact !== undefined) return exact;
    const ending = all.filter((one) => one.name.endsWith(`-${name}`));
    if (ending.length > 1)
      throw new NotDeployedError(`${name} is not one: ${ending.map((one) => one.name).join(', ')}`);
    return ending[0];
  }
}

const ownServices = new Set(['CloudWatch', 'DynamoDB', 'IAM', 'S3', 'SFN', 'SNS', 'SSM', 'SecretsManager']);

/**
 * Makes a stack of a cloud assembly run in this process: functions from their bundles, state machines from their
 * definitions, every SDK call answered by the simulated services under the role that makes it. Close what it returns.
 * @throws AssemblyError, TemplateError, UnknownResourceTypeError, UnknownPropertyError, BundleError, PolicyError,
 *   DefinitionError, … for what AWS or the sandbox would not take
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { clock } = options;
  const assembly = readStack(options.assembly, options.stack);
  const place: Place = {
    partition: 'aws',
    account: sameOrEither('account', options.account, assembly.account),
    region: sameOrEither('region', options.region, assembly.region),
  };
  const now = (): number => clock.now().at;
  const roles = new Roles();
  const gate = new Gate(roles, place, now);
  const log = new CallLog(now);
  const dispatcher = new Dispatcher(gate, log, place, ownServices);
  const functions = new Functions(gate, clock, place.account);
  const machines = new StateMachines(place, clock, gate);
  const topics = new Topics(clock);
  const queues = new Queues(clock);
  const destinations = new Destinations(gate, log, machines, functions, topics, queues);
  const bus = new EventBus(place, clock, destinations);
  const schedules = new Schedules(clock, destinations);
  const secrets = new Secrets(place, clock);
  const tables = await Tables.open(place, exemptFromInterception);
  try {
    const infrastructure: Infrastructure = {
      place,
      clock,
      roles,
      gate,
      functions,
      functionSite: {
        clock,
        answer: async (call, { session }) => await dispatcher.answer(call, session),
        surroundings: { modules: options.surroundings?.modules ?? {}, fetch: options.surroundings?.fetch },
      },
      runtimes: new Map(),
      machines,
      bus,
      schedules,
      topics,
      queues,
      tables,
      buckets: new Buckets(gate, clock, place.partition, options.objectsFolder),
      systems: new SystemsManager(place, clock, options.hosts ?? (() => []), uploader(dispatcher)),
      alarms: new Alarms(place, clock),
      keys: [],
      managedPolicies: new Map(),
    };
    const { systems, alarms, buckets } = infrastructure;
    const iam = new PolicySimulator(roles, place);
    const emit: EventBus['put'] = (event) => {
      bus.put(event);
    };
    const others = options.services ?? [];
    const given = typeof others === 'function' ? others({ place, gate, secrets, emit }) : others;
    for (const service of [
      systems,
      tables,
      buckets,
      topics,
      secrets,
      alarms,
      new StepFunctions(machines),
      iam,
      ...given,
    ]) {
      dispatcher.add(service);
    }
    if (options.elsewhere !== undefined) {
      const { region, services } = options.elsewhere;
      for (const service of [buckets, ...services]) dispatcher.add(service, region);
    }
    machines.connect(taskHandler({ place, gate, log, functions, machines, topics, iam }), (entry) => {
      bus.put({
        source: 'aws.states',
        detailType: 'Step Functions Execution Status Change',
        detail: statusChange(entry),
        resources: [entry.arn],
      });
    });
    const stack = await createStack(assembly, infrastructure, options.parameters ?? {});
    const findings = [...(await policyFindings(roles.all())), ...logFindings(infrastructure.runtimes.values(), gate)];
    return new Deployment(place, stack, findings, secrets, infrastructure, destinations, dispatcher, log);
  } catch (thrown) {
    bus.close();
    schedules.close();
    await tables.close();
    throw thrown;
  }
}

/** The agent's way to S3: a refusal is in the call log, and the command's result is the same with it or without. */
function uploader(dispatcher: Dispatcher): Upload {
  return async ({ roleArn = '', instanceId }, { bucket, key, body }) => {
    const input = { Bucket: bucket, Key: key, Body: body, ContentType: 'text/plain' };
    const call = { service: 'S3', operation: 'PutObject', input, region: undefined };
    try {
      await dispatcher.answer(call, { roleArn, name: instanceId });
      return true;
    } catch {
      return false;
    }
  };
}

function sameOrEither(what: string, given: string | undefined, own: string | undefined): string {
  if (given !== undefined && own !== undefined && given !== own) {
    throw new AssemblyError(`The stack was synthesized for the ${what} ${own}, not ${given}`);
  }
  const value = given ?? own;
  if (value === undefined) throw new AssemblyError(`The stack does not say for which ${what} it is: give one`);
  return value;
}
