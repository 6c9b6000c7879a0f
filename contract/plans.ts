import * as z from 'zod';

/** What an operator may ask of a plan beside `plan`, `trigger`, `mode`, `incident` and `reason`; `run.ts` says what each should be. */
type PlanField =
  | 'restoreTime'
  | 'source'
  | 'fileSource'
  | 'acceptLoss'
  | 'launchTemplateVersion'
  | 'targetGroup'
  | 'configurationVersion'
  | 'schemaVersion'
  | 'release'
  | 'run';

export interface PlanEntry {
  /** What it does, as a person would ask for it. */
  readonly title: string;
  /** Whether it puts a copy or an older state of the data in the place of the present one. */
  readonly replacesData: boolean;
  /** The fields of a request that mean something to it; every other one is refused by name. */
  readonly fields: readonly PlanField[];
  /** Those of them without which it cannot begin. */
  readonly required?: readonly PlanField[];
  /** One of these has to be given. */
  readonly oneOf?: readonly PlanField[];
  /** The smallest useful input, shown by the console. */
  readonly smallest: Readonly<Record<string, unknown>>;
}

/** The catalogue: every plan behind the front door, `statemachines/plans.ts` has its machine. */
export const plans = {
  'database-recovery': {
    title: 'recover a damaged database to its last good moment',
    replacesData: true,
    fields: ['restoreTime', 'source', 'acceptLoss'],
    smallest: { plan: 'database-recovery' },
  },
  'database-rollback': {
    title: 'take the database back to a moment or a backup that a person names',
    replacesData: true,
    fields: ['restoreTime', 'source', 'acceptLoss'],
    oneOf: ['restoreTime', 'source'],
    smallest: { plan: 'database-rollback', restoreTime: '2026-11-23T02:13:40Z' },
  },
  'load-balancer-rollback': {
    title: 'shift traffic back to an earlier target group',
    replacesData: false,
    fields: ['targetGroup', 'run'],
    smallest: { plan: 'load-balancer-rollback' },
  },
  'auto-scaling-rollback': {
    title: 'launch instances from an earlier version of the launch template, and replace those that run',
    replacesData: false,
    fields: ['launchTemplateVersion'],
    smallest: { plan: 'auto-scaling-rollback' },
  },
  'infrastructure-recovery': {
    title: 'provision from the stored template what is missing of hosts, target group and rule, and lead traffic there',
    replacesData: false,
    fields: [],
    smallest: { plan: 'infrastructure-recovery' },
  },
  'configuration-recovery': {
    title: 'put back the configuration of the last healthy moment on every host',
    replacesData: false,
    fields: ['restoreTime', 'configurationVersion'],
    smallest: { plan: 'configuration-recovery' },
  },
  'configuration-rollback': {
    title: 'go back to the version of the configuration before the one in force',
    replacesData: false,
    fields: ['restoreTime', 'configurationVersion'],
    smallest: { plan: 'configuration-rollback' },
  },
  'file-system-recovery': {
    title: "put the application's files back from a snapshot or a backup, host after host",
    replacesData: false,
    fields: ['restoreTime', 'fileSource'],
    smallest: { plan: 'file-system-recovery' },
  },
  'file-system-rollback': {
    title: "take the application's files back to a snapshot",
    replacesData: false,
    fields: ['restoreTime', 'source'],
    smallest: { plan: 'file-system-rollback' },
  },
  'take-snapshot': {
    title: "take a snapshot of the application's files",
    replacesData: false,
    fields: [],
    smallest: { plan: 'take-snapshot' },
  },
  'application-recovery': {
    title: 'put the last release known healthy on every host',
    replacesData: false,
    fields: ['release'],
    smallest: { plan: 'application-recovery' },
  },
  'application-rollback': {
    title: 'go back to the healthy release before the one that runs',
    replacesData: false,
    fields: ['release'],
    smallest: { plan: 'application-rollback' },
  },
  'cross-region-recovery': {
    title: 'serve from the second region after the loss of the first',
    replacesData: true,
    fields: ['restoreTime', 'acceptLoss'],
    smallest: { plan: 'cross-region-recovery' },
  },
  'fail-back': {
    title: 'go back from the second region to the first, without losing a row',
    replacesData: true,
    fields: [],
    smallest: { plan: 'fail-back' },
  },
  'full-system-recovery': {
    title: 'recover everything: database, configuration and application',
    replacesData: true,
    fields: ['restoreTime', 'source', 'acceptLoss', 'configurationVersion', 'release'],
    smallest: { plan: 'full-system-recovery' },
  },
  undo: {
    title: 'take back what a finished run has changed',
    fields: ['run', 'acceptLoss'],
    required: ['run'],
    replacesData: true,
    smallest: { plan: 'undo', run: 'incident-20261123-0213' },
  },
  'schema-rollback': {
    title: 'roll the database schema back to an earlier version',
    // What the undone migrations had made goes; every other row stays where it is, and is looked for.
    replacesData: false,
    fields: ['schemaVersion'],
    required: ['schemaVersion'],
    smallest: { plan: 'schema-rollback', schemaVersion: '1.2.0' },
  },
} as const satisfies Record<string, PlanEntry>;

export type PlanName = keyof typeof plans;

/** Plans that another machine carries out where the database is self-hosted; the front door decides by the description. */
const forSelfHosted = {
  'database-recovery': 'database-recovery-self-hosted',
  'database-rollback': 'database-rollback-self-hosted',
} as const satisfies Partial<Record<PlanName, string>>;

export type PlanMachine = PlanName | (typeof forSelfHosted)[keyof typeof forSelfHosted];

const isPlan = (name: string): name is PlanName => name in plans;
export const planNames: readonly PlanName[] = Object.keys(plans).filter(isPlan);
export const planNameSchema = z.enum(planNames);

const selfHosted: Partial<Record<PlanName, PlanMachine>> = forSelfHosted;
/** The machine of a plan for a self-hosted database, where that is another one. */
export const selfHostedMachine = (plan: PlanName): PlanMachine | undefined => selfHosted[plan];
/** The machines of all plans. */
export const planMachineNames: readonly PlanMachine[] = planNames.flatMap((plan) => machinesOf(plan));

/** The machines that can carry out a plan; a run uses one of them. */
export function machinesOf(plan: PlanName): readonly PlanMachine[] {
  const other = selfHosted[plan];
  return other === undefined ? [plan] : [plan, other];
}

/** The catalogue's entry of a plan. */
export const planOf = (name: PlanName): PlanEntry => plans[name];
