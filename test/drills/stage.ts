import * as z from 'zod';
import { type Report, reportSchema } from '../../contract/report';
import { Drill, type DrillInput } from '../../sandbox/drill/drill';
import { RunProgress } from '../../sandbox/drill/progress';
import { type World } from '../../sandbox/drill/world';
import { type ExecutionEntry } from '../../sandbox/services/states/machines';
import { type PublishedMessage } from '../../sandbox/services/sns';
import { assembly, STACK } from './assembly';

/** What a run came to, as somebody outside of it sees it. */
export interface Ran {
  readonly id: string;
  readonly entry: ExecutionEntry;
  readonly report: Report;
  readonly messages: readonly PublishedMessage[];
  /** The steps in the order in which they began, as `machine/state`. */
  readonly steps: readonly string[];
}

/** What somebody does when a step of a run begins, by `machine/state`; each once. */
export type Happenings = Readonly<Record<string, (run: ExecutionEntry) => unknown>>;

/** The application's data is small here: these drills are about what goes wrong, not about size. */
const EVALUATIONS = 2000;
/** Longest that a run may take to be settled after it has ended, seconds of the sandbox's clock: the sweep's schedule is in it. */
const SETTLED_WITHIN = 1800;

const text = z.object({ S: z.string() });
const recordSchema = z.object({ Item: z.record(z.string(), z.unknown()).optional() });

/** A drill's world with its deployment, in which runs are started and spoiled, one after the other. */
export class Stage {
  #runs = 0;
  /** A role that may do everything: a person with a console. */
  readonly onlooker: string;

  private constructor(
    readonly drill: Drill,
    private readonly name: string,
  ) {
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
    this.onlooker = drill.deployment.addRole('onlooker', { Version: '2012-10-17', Statement: everything });
  }

  /** Builds, deploys, and lets the integrity probe pass once. */
  static async open(
    name: string,
    folder = assembly(),
    of: Pick<DrillInput, 'stack' | 'regions'> = { stack: STACK },
  ): Promise<Stage> {
    const drill = new Drill({
      assembly: folder,
      ...of,
      scenario: 'none',
      budgets: {},
      evaluations: EVALUATIONS,
      input: {},
      onEvent: () => undefined,
    });
    try {
      await drill.build();
      const stage = new Stage(drill, name);
      await stage.probe();
      return stage;
    } catch (error) {
      await drill.close();
      throw error;
    }
  }

  get world(): World {
    return this.drill.world;
  }

  async close(): Promise<void> {
    await this.drill.close();
  }

  /** The integrity probe passes: the moment is a good one. */
  async probe(): Promise<void> {
    const { status, cause } = await this.drill.deployment.start('integrity-probe', {}).execution.done;
    if (status !== 'SUCCEEDED') throw new TypeError(`the integrity probe ended ${status}: ${cause ?? ''}`);
  }

  /** Starts `recovery` as an operator would, lets things happen on the way, and waits until the run is settled. */
  async run(input: unknown, happenings: Happenings = {}, ended: () => unknown = () => undefined): Promise<Ran> {
    const { deployment } = this.drill;
    this.#runs += 1;
    const id = this.lastRun;
    const steps: string[] = [];
    const happened: unknown[] = [];
    const entry = deployment.start('lifeboat-drill-recovery', input, id);
    const progress = new RunProgress(
      deployment.parts.machines,
      (event) => {
        if (event.type !== 'step-entered') return;
        const happening = steps.includes(event.step.id) ? undefined : happenings[event.step.id];
        steps.push(event.step.id);
        if (happening !== undefined) happened.push(happening(entry));
      },
      () => this.world.clock.now(),
    );
    progress.follow(entry);
    const end = await entry.execution.done;
    await ended();
    await Promise.all(happened);
    if (happened.length !== Object.keys(happenings).length)
      throw new TypeError(
        `not everything happened to ${id}, which went: ${steps.join(', ')}; it ended ${end.status} ${end.error ?? ''} ${end.cause ?? ''}`,
      );
    await this.until(async () => (await this.settledAt(id)) !== undefined, `${id} is settled`);
    // A copy that nobody waits for any more is still being made.
    await this.until(() => !this.world.rds.plane.busy, 'RDS has come to rest');
    const messages = deployment.messages().filter(({ message }) => message.includes(`Run:         ${id}\n`));
    return { id, entry, steps, messages, report: this.#report(id) };
  }

  /** The run that was started last. */
  get lastRun(): string {
    return `${this.name}-${this.#runs}`;
  }

  /** Lets seconds of the sandbox's clock pass. */
  async passes(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.world.clock.after(seconds * 1000, resolve);
    });
  }

  /** When the run was settled, by its record. */
  async settledAt(id: string): Promise<string | undefined> {
    const item = await this.#item(`RUN#${id}`, 'RUN');
    return item?.['settledAt'] === undefined ? undefined : text.parse(item['settledAt']).S;
  }

  /** Which run holds the lease; empty where none does. */
  async leaseHolder(): Promise<string> {
    const item = await this.#item('LEASE#drill', 'LEASE');
    return item === undefined ? '' : text.parse(item['holder']).S;
  }

  /** Lets the clock run until something is so. @throws TypeError in words where it does not come about */
  async until(condition: () => boolean | Promise<boolean>, words: string): Promise<void> {
    const { clock } = this.world;
    const began = clock.elapsed();
    while (!(await condition())) {
      if (clock.elapsed() - began > SETTLED_WITHIN * 1000) throw new TypeError(`it did not come about that ${words}`);
      await this.passes(1);
    }
  }

  #report(id: string): Report {
    const stored = this.drill.deployment.stack.resources.values();
    const buckets = [...stored].filter(({ type }) => type === 'AWS::S3::Bucket').map(({ ref }) => ref);
    const objects = buckets.flatMap((bucket) => this.drill.deployment.objects(bucket));
    const found = objects.filter(({ key }) => key.endsWith(`${id}/report.json`)).at(-1);
    if (found === undefined) throw new TypeError(`settling wrote no report of ${id}`);
    return reportSchema.parse(JSON.parse(found.body.toString('utf8')));
  }

  async #item(pk: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const answer = await this.drill.deployment.call(this.onlooker, 'an onlooker', 'DynamoDB', 'GetItem', {
      TableName: this.#runsTable(),
      Key: { pk: { S: pk }, sk: { S: sk } },
      ConsistentRead: true,
    });
    return recordSchema.parse(answer).Item;
  }

  #runsTable(): string {
    const tables = [...this.drill.deployment.stack.resources.values()].filter(({ type }) =>
      type.startsWith('AWS::DynamoDB::'),
    );
    const found = tables.find(({ ref }) => /runs/i.test(ref));
    if (found === undefined) throw new TypeError(`no table of runs: ${tables.map(({ ref }) => ref).join(', ')}`);
    return found.ref;
  }
}
