/** A kind of disaster, brought about by somebody outside the system under test, which never learns when nor what. */
import type { Check, PlanName } from '../../contract/run';
import type { Cluster, Fault } from '../databases';
import type { Footprint } from '../drill/footprint';
import type { World as Sandbox } from '../drill/world';
import type { Host } from '../hosts';
import type { Roles } from '../identity';
import type { Removed } from '../observer';
import type { Random } from './random';

export type Admin = Pick<Parameters<Parameters<Cluster['withAdmin']>[1]>[0], 'query' | 'one' | 'execute'>;

/** A database that can be damaged over its server's socket. */
export interface Database {
  readonly cluster: { withAdmin<T>(database: string, work: (admin: Admin) => Promise<T>): Promise<T> };
  readonly name: string;
  /** Whose login the careless person has: the owner of the tables. */
  readonly login: string;
}

/** What a scenario may touch of a sandbox. */
export interface World {
  /** The database that the application uses now. */
  readonly database: Database;
  /** By instance id. */
  readonly hosts: ReadonlyMap<string, Pick<Host, 'silence' | 'answer'>>;
  /** RDS, where the next restore can be made to fail. */
  readonly rds: { nextRestoreFault: Fault | undefined };
  readonly roles: Pick<Roles, 'attach' | 'all'>;
  readonly random: Random;
  /** Somebody starts a run at the front door and waits for its end. @returns its id */
  readonly start?: (
    input: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly id: string; readonly error?: string }>;
  /** Evaluations and their users that a scenario leaves alone, since the observer reads them. */
  readonly spare: { readonly evaluations: readonly number[]; readonly users: readonly number[] };
  /** Runs a plan through the front door, as an operator would, to its end. @throws Error where it does not succeed */
  readonly operate?: (input: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Everything else of the sandbox: hosts with their files, load balancer, group, names. See `sandboxOf`. */
  readonly sandbox?: Sandbox;
  /** Everything that a run could change, as it is now (drill/footprint.ts). */
  readonly footprint?: () => Promise<Footprint>;
  /** The release probe, once, as its schedule would run it. */
  readonly lookAtReleases?: () => Promise<void>;
}

export interface Struck {
  /** Real time; of damage in a database, the commit of its first transaction, cut to milliseconds. */
  readonly at: Date;
  /** For the report: what happened, in words. */
  readonly what: string;
}

export interface Injected extends Struck {
  /** Of a scenario that lies in wait (`at` is when it was laid): resolves when it strikes, rejects when it cannot. */
  readonly struck?: Promise<Struck>;
  /** What the operator gives to the front door beside the plan's name, where only now it is known. */
  readonly request?: Readonly<Record<string, unknown>>;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** The plan that is meant to recover from it. */
  readonly plan: PlanName;
  /** Where the application's database lies; RDS unless said. The drill is of a stack that is synthesized so (lib/app.ts). */
  readonly database?: 'self-hosted';
  /**
   * Of two regions: `lost`, the home region is there when it begins, and the plan runs in the standby; `returned`, the standby
   * serves, and the plan runs at home.
   */
  readonly regions?: 'lost' | 'returned';
  /** What the operator gives to the front door beside the plan's name. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** Makes what the plan needs and a healthy application has long had: an earlier release, a snapshot. Before the observer begins. */
  prepare?(world: World): Promise<void>;
  /** Looks, once the run is settled, whether what it damaged is whole: by what is there, not by what the run says. */
  look?(world: World): Promise<Check[]>;
  /** Rows of before that the plan is asked to take away. */
  readonly removes?: readonly Removed[];
  /** Brings it about. @throws NothingToDamageError, and what the database says */
  inject(world: World): Promise<Injected>;
}

/** There was nothing that the scenario could break: the drill would have recovered from no disaster. */
export class NothingToDamageError extends Error {
  override readonly name = 'NothingToDamageError';
}

/** The whole sandbox, for a scenario that needs more of it than its database. @throws NothingToDamageError */
export function sandboxOf({ sandbox }: World): Sandbox {
  if (sandbox === undefined) throw new NothingToDamageError('there is no sandbox around the database');
  return sandbox;
}
