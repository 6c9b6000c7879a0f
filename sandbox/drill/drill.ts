import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Description } from '../../contract/description';
import { reportSchema, type Budgets, type Report } from '../../contract/report';
import { type RunEvent } from '../../contract/run-events';
import { deploy, type Deployment } from '../deployment';
import { type FailoverRecords } from '../services/failover-records';
import { standIns as hostStandIns } from '../hosts';
import { Observer, takeBaseline, without, type Baseline } from '../observer';
import { mergeSandbox, type SandboxEvidence } from '../../report';
import { type Previous } from '../../contract/report';
import { realHostStandIns } from '../real-host';
import { scenarios, unforeseeable, within, type Injected, type Scenario, type World as Damageable } from '../scenarios';
import { putDatabaseAlarms } from './alarms';
import { damageableParts, startAside, type Aside } from './aside';
import { installEverywhere, provision } from './application';
import { FileArchives } from './archives';
import { ConfigurationStore } from './configuration';
import { deployedDescription } from './description';
import { count } from './evidence';
import { footprintOf } from './footprint';
import { answersTo } from './host-access';
import { hostRoleName } from './instances';
import { operator } from './operator';
import { managedHosts } from './managed-host';
import { outsideFetch, outsideNames } from './outside';
import { RunProgress } from './progress';
import {
  leadUsers,
  otherSide,
  regionalAddress,
  replicatedSecrets,
  usersAddress,
  failoverStandIn,
  type Regions,
} from './regions';
import { restorableIn } from './restorable';
import { createSecrets } from './secrets';
import { reportBucketOf, reportOf } from './stored-report';
import { rehearses, startBy, type DrillTrigger } from './triggers';
import { untouched } from './untouched';
import { World } from './world';

/** Default budgets of a drill: what the sandbox's own figures should never come near, skipped seconds included. */
export const defaultBudgets: Budgets = { downtimeSeconds: 1800, rowsLost: 2000, recoverySeconds: 3600 };

/** Acknowledged writes that the observer wants to have seen before the disaster, so that there is something to lose. */
const WRITES_BEFORE = 60;
/** After the last good moment, so that a point-in-time restore has something to cut off. */
const WRITES_AFTER_PROBE = 40;
/** What the observer asks of an emulated host, which answers about six requests a second. */
const GENTLE = { probeMilliseconds: 1000, writesPerSecond: 2, timeoutMilliseconds: 10_000, inFlight: 4 };

export interface DrillInput {
  /** Folder of the synthesized app, as a deployment would upload it. */
  readonly assembly: string;
  readonly stack: string;
  /** By name, or one that is on no list. */
  readonly scenario: string | Scenario;
  readonly budgets: Partial<Budgets>;
  readonly previous?: Previous;
  /** How much data the application has; a hundred megabytes unless given. */
  readonly evaluations?: number;
  /** What the operator gives to the front door. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Who starts the run; an operator unless given. */
  readonly trigger?: DrillTrigger;
  readonly onEvent: (event: RunEvent) => void;
  /** One host that is a real Debian machine (docs/real-host.md), instead of simulated ones. */
  readonly realHost?: boolean;
  /** Two regions, and the stack is that of the one without the database (`Scenario.regions`). */
  readonly regions?: Regions;
}

/** What somebody may do in the midst of a drill, for tests of failures. */
export interface DrillHooks {
  /** When everything stands and the probe has passed, before the disaster. */
  readonly ready?: (drill: Drill) => Promise<void> | void;
}

/** The drill was stopped while something was being built. */
export class DrillStoppedError extends Error {
  override readonly name = 'DrillStoppedError';
}

/** Longest that stopping waits for what is being built to notice, milliseconds. */
const NOTICE_MS = 1500;

/**
 * One drill, from nothing to the report: builds the world, deploys the stack, lets an observer use the application, brings
 * the disaster about, starts `recovery` as an operator would, and counts what it cost.
 */
export class Drill {
  #world: World | undefined;
  /** The other region, where there are two: it is built first and has the database. */
  #primary: World | undefined;
  #records: FailoverRecords | undefined;
  #deployment: Deployment | undefined;
  #observer: Observer | undefined;
  #baseline: Baseline | undefined;
  #building: Promise<void> = Promise.resolve();
  #stopped = false;
  #aside = 0;
  readonly #closed = new Set<object>();
  /** Fault of the observer's knowledge only. */
  injected: Injected | undefined;
  runId = `drill-${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(2).toString('hex')}`;

  constructor(
    private readonly options: DrillInput,
    private readonly hooks: DrillHooks = {},
  ) {}

  get world(): World {
    return made(this.#world, 'the world');
  }
  get deployment(): Deployment {
    return made(this.#deployment, 'the deployment');
  }
  get observer(): Observer {
    return made(this.#observer, 'the observer');
  }

  /** @returns the merged report, parsed by its contract. */
  async run(): Promise<Report> {
    const description = deployedDescription(this.options.assembly, this.options.stack);
    await this.build(description);
    // A backup is held against what the probe measured before it was taken.
    if (this.#scenario.database !== undefined) await this.#probe('the integrity probe passes, before the last backup');
    await this.#scenario.prepare?.(this.damageable());
    this.#note('the application serves; the observer begins');
    await this.#observe();
    await this.#lastGoodMoment();
    await this.hooks.ready?.(this);
    await this.#disaster();
    if (this.#rehearses) return await this.#rehearse();
    await this.recover();
    return await this.#conclude();
  }

  async build(description = deployedDescription(this.options.assembly, this.options.stack)): Promise<void> {
    this.#building = this.#build(description);
    await this.#building;
  }

  async #build(description: Description): Promise<void> {
    const { assembly, stack } = this.options;
    const note = (text: string) => {
      this.#note(text);
    };
    const hostRole = hostRoleName(description);
    await this.#buildWorlds(description, hostRole, note);
    this.#goOn();
    const { world } = this;
    const { beside } = world;
    this.options.onEvent({
      type: 'started',
      at: world.clock.now(),
      run: {
        word: this.#rehearses ? 'REHEARSAL' : 'DRILL',
        environment: description.environment,
        account: { alias: description.accountAlias, id: description.account, region: description.region },
        plan: String(this.options.input['plan']),
        runId: this.runId,
        trigger: this.options.trigger ?? 'operator',
        target: description.objective.rtoMinutes * 60,
        keys: 'Ctrl-C stops the drill and everything it started',
      },
    });
    note('deploying the synthesized stack into the sandbox');
    this.#deployment = await deploy({
      assembly,
      stack,
      clock: world.clock,
      services: [
        ...[world.rds, world.elb, world.autoScaling, world.ec2, world.route53],
        ...world.infrastructure.services,
      ],
      hosts: () => managedHosts(world),
      objectsFolder: join(world.folder, 'objects'),
      surroundings: {
        fetch: outsideFetch(description.publicUrl, this.#address, regionalAddress(world)),
        modules: outsideNames(world.resolver),
      },
      ...(beside === undefined ? {} : { elsewhere: { region: beside.description.region, services: [beside.rds] } }),
    });
    this.#goOn();
    createSecrets(world, this.deployment, hostRole, reportBucketOf(this.deployment));
    world.configuration = ConfigurationStore.open(this.deployment, description);
    world.archives = FileArchives.open(this.deployment, description);
    putDatabaseAlarms(description, this.deployment.parts.alarms);
    await provision(beside ?? world, note, this.options.evaluations);
    const restorable = await restorableIn(world);
    if (beside !== undefined) await this.#secondRegion(world, beside, note);
    world.putIntoService();
    note('waiting for healthy targets and for the first restorable time');
    const targets = [world, ...(beside === undefined ? [] : [beside])];
    const healthy = () => targets.flatMap((each) => each.targets.targets()).every(({ state }) => state === 'healthy');
    await this.#until(() => healthy() && restorable(), 900);
  }

  /** One region or, where the database lies in another one than the stack, that one first and this one beside it. */
  async #buildWorlds(description: Description, hostRole: string, note: (text: string) => void): Promise<void> {
    const answers = answersTo(() => this.deployment);
    const role = `arn:aws:iam::${description.account}:role/${hostRole}`;
    if (this.options.regions === undefined) {
      this.#world = await World.build(description, answers, role, note, { realHost: this.options.realHost });
      return;
    }
    const other = otherSide(description);
    note(`the region with the database: ${other.region}`);
    this.#primary = await World.build(other, replicatedSecrets(answers, other, description), role, note, { hosts: 1 });
    this.#goOn();
    note(`the region of the stack: ${description.region}`);
    this.#world = await World.build(description, answers, role, note, { hosts: 1, beside: this.#primary });
  }

  /** What stands in the region of the stack beforehand: a database of its own, the application, and records over both. */
  async #secondRegion(world: World, primary: World, note: (text: string) => void): Promise<void> {
    const promoted = this.options.regions === 'returned';
    note(promoted ? 'what the home region had before it was lost' : 'a replica in the second region');
    await world.replicate({ promoted });
    await installEverywhere(world, note, false);
    primary.putIntoService();
    this.#records = await leadUsers(world, primary, this.deployment, promoted);
  }

  /** Where users' requests go. */
  readonly #address = (): string => {
    const { world } = this;
    return world.beside === undefined ? world.balancer.url : usersAddress(world, world.beside)();
  };

  /** Starts `recovery` as an operator would and waits for its end. */
  async recover(): Promise<void> {
    const { world, deployment, options } = this;
    const progress = new RunProgress(deployment.parts.machines, options.onEvent, () => world.clock.now());
    world.onRestore = (_instance, step) => {
      progress.restore(step);
    };
    const input = { ...this.#scenario.request, ...this.injected?.request, ...options.input };
    const { trigger = 'operator' } = options;
    this.#note(`started by ${trigger}: recovery with ${JSON.stringify(input)}`);
    const { description } = world;
    const until = async (condition: () => boolean) => {
      await this.#until(condition, 600);
    };
    const plan = String(options.input['plan']);
    const entry = await startBy(trigger, { description, deployment, plan, input, name: this.runId, until });
    this.runId = entry.name;
    progress.follow(entry);
    await entry.execution.done;
  }

  /** A run that is no drill of its own: somebody starts it, and users go on meanwhile. */
  async #startAside(input: Readonly<Record<string, unknown>>): Promise<Aside> {
    const id = `${this.runId}-${(this.#aside += 1)}`;
    this.#note(`somebody starts ${JSON.stringify(input)} as ${id}`);
    const ended = await startAside(this.deployment, this.world, id, input);
    this.#note(`${id} ended ${ended.error === undefined ? 'well' : `by ${ended.error}`}`);
    await this.observer.writing(WRITES_BEFORE).catch(() => undefined);
    return ended;
  }

  /** The report that settling wrote, as it lies in the bucket. */
  storedReport(): Report {
    return reportOf(this.deployment, this.runId);
  }

  get #rehearses(): boolean {
    return rehearses(this.options);
  }

  /** The same run in mode `rehearse`, and a look whether it has changed anything. */
  async #rehearse(): Promise<Report> {
    const { world, deployment } = this;
    await this.observer.stop();
    this.#note('comparing everything before the rehearsal with everything after it');
    const { alarms } = deployment.parts;
    const before = await footprintOf(world, alarms, []);
    const calls = deployment.callLog.length;
    await this.recover();
    const check = untouched(before, await footprintOf(world, alarms, []), deployment.callLog.slice(calls));
    return this.#merged({ observation: null, budgets: {}, checks: [check] });
  }

  async #conclude(): Promise<Report> {
    const { world, observer, options } = this;
    // Auto Scaling, targets and the like have to have come to rest before the last word on downtime.
    await observer.serving(5, AbortSignal.timeout(60_000)).catch(() => undefined);
    await observer.stop();
    const report = this.storedReport();
    this.#note('comparing every row with the ledger of acknowledged writes');
    // Of a region that was lost, only to count what it had accepted.
    if (this.#primary !== undefined && !this.#primary.cluster.running) await this.#primary.cluster.start();
    const struck = (await this.injected?.struck?.catch(() => undefined)) ?? this.injected;
    const { observation } = await count(
      world,
      observer,
      without(made(this.#baseline, 'the baseline'), this.#scenario.removes ?? []),
      report,
      struck === undefined ? null : { at: struck.at, what: struck.what },
    );
    return this.#merged({
      observation,
      budgets: { ...defaultBudgets, ...options.budgets },
      checks: (await this.#scenario.look?.(this.damageable())) ?? [],
      ...(options.previous === undefined ? {} : { previous: options.previous }),
    });
  }

  /** The report that settling wrote, with what the sandbox knows. */
  #merged(evidence: Omit<SandboxEvidence, 'skippedBetween' | 'standIns'>): Report {
    const { clock } = this.world;
    const merged = mergeSandbox(this.storedReport(), {
      ...evidence,
      skippedBetween: (from, to) => clock.skippedAt(Date.parse(to)) - clock.skippedAt(Date.parse(from)),
      standIns: [
        ...this.deployment.standIns,
        ...(this.#records === undefined ? [] : [failoverStandIn]),
        ...(this.options.realHost === true ? realHostStandIns : hostStandIns()).map(({ name, why }) => ({
          name,
          instead: 'a stand-in on the hosts',
          differs: why,
        })),
      ],
    });
    this.options.onEvent({ type: 'finished', at: clock.now(), status: merged.status });
    return reportSchema.parse(merged);
  }

  async #observe(): Promise<void> {
    const { world } = this;
    const { cluster } = world;
    const original = { cluster, database: world.description.database.name };
    this.#baseline = await takeBaseline(original);
    this.#observer = new Observer({
      address: this.#address,
      clock: world.clock,
      ledgerFile: join(world.folder, 'ledger.jsonl'),
      original,
      knownEvaluation: 1,
      users: [1, 2, 3],
      questions: [1, 2, 3],
      ...(this.options.realHost === true ? GENTLE : {}),
    });
    await this.#observer.start();
    await this.#observer.writing(WRITES_BEFORE);
  }

  /** The scheduled probe, which passes: what the recovery will go back to. */
  async #lastGoodMoment(): Promise<void> {
    await this.#probe('the integrity probe passes: this is the last good moment');
    await this.observer.writing(WRITES_AFTER_PROBE);
  }

  async #probe(words: string): Promise<void> {
    await this.#look('integrity-probe');
    this.#note(words);
  }

  async #look(probe: string): Promise<void> {
    const { status, error, cause } = await this.deployment.start(probe, {}).execution.done;
    if (status !== 'SUCCEEDED') throw new TypeError(`${probe} ended ${status}: ${error ?? ''} ${cause ?? ''}`);
  }

  get #scenario(): Scenario {
    const { scenario: wanted } = this.options;
    const scenario = typeof wanted === 'string' ? scenarios.get(wanted) : wanted;
    if (scenario === undefined) throw new TypeError(`no scenario ${JSON.stringify(wanted)}`);
    return scenario;
  }

  async #disaster(): Promise<void> {
    const scenario = this.#scenario;
    const random = unforeseeable();
    await this.observer.writing(Math.ceil(within(random, 1, 40)));
    this.injected = await scenario.inject(this.damageable(random));
    this.#note('something has happened; only the observer knows when');
    // Where nobody is served any more nothing is written.
    const enough = new AbortController();
    const { observer } = this;
    const either = [observer.writing(10, enough.signal), observer.failing(3, enough.signal)];
    await Promise.any(either).catch(() => undefined);
    enough.abort();
    await Promise.allSettled(either);
  }

  damageable(random = unforeseeable()): Damageable {
    return {
      ...damageableParts(this.world, this.deployment, random, async (input) => await this.#startAside(input)),
      footprint: () => footprintOf(this.world, this.deployment.parts.alarms),
      operate: operator(this.deployment, this.world.description.environment),
      lookAtReleases: () => this.#look('release-probe'),
    };
  }

  /**
   * Stops everything, also what is only being built; removes the files unless they are to be kept.
   * @returns what is left.
   */
  async close(keep = false): Promise<string[]> {
    this.#stopped = true;
    await this.#tearDown(keep);
    const limit = new AbortController();
    const settled = this.#building
      .catch(() => undefined)
      .finally(() => {
        limit.abort();
      });
    await Promise.race([settled, pause(NOTICE_MS, undefined, { signal: limit.signal }).catch(() => undefined)]);
    // What was finished in the meantime.
    await this.#tearDown(keep);
    const first = this.#primary ?? this.#world;
    if (first === undefined) return [];
    return keep ? [first.folder] : [...first.left];
  }

  async #tearDown(keep: boolean): Promise<void> {
    const [observer, deployment, world] = [this.#observer, this.#deployment, this.#world];
    // At once: the observer's requests end when what they ask is gone.
    await Promise.all([
      this.#once(observer, async () => await observer?.close().catch(() => undefined)),
      this.#once(world, async () => {
        this.#records?.close();
        await world?.close(keep);
        await this.#primary?.close(keep);
      }),
    ]);
    if (world === undefined) await this.#once(this.#primary, async () => await this.#primary?.close(keep));
    await this.#once(deployment, async () => await deployment?.close());
  }

  async #once(part: object | undefined, close: () => Promise<void>): Promise<void> {
    if (part === undefined || this.#closed.has(part)) return;
    this.#closed.add(part);
    await close();
  }

  #goOn(): void {
    if (this.#stopped) throw new DrillStoppedError('the drill was stopped');
  }

  #note(text: string): void {
    this.options.onEvent({ type: 'note', at: this.#world?.clock.now() ?? { at: Date.now(), skipped: 0 }, text });
  }

  /** Lets the clock run, skipping where nothing works, until a condition of the world holds. */
  async #until(condition: () => boolean, seconds: number): Promise<void> {
    const { clock } = this.world;
    const began = clock.elapsed();
    while (!condition()) {
      if (clock.elapsed() - began > seconds * 1000)
        throw new TypeError(`did not come about within ${seconds} s of the sandbox's clock`);
      await new Promise<void>((resolve) => {
        clock.after(1000, resolve);
      });
    }
  }
}

function made<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new TypeError(`${name} is not built yet`);
  return part;
}
