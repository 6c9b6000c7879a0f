import type { Description } from '../../contract/description';
import type { Deployment } from '../deployment';
import type { ExecutionEntry } from '../services/states/machines';
import { deployedDescription } from './description';

/** What starts the run of a drill. */
export const triggerNames = ['operator', 'alarm', 'schedule'] as const;
export type DrillTrigger = (typeof triggerNames)[number];

/** The description configures no such trigger for the plan. */
export class NoTriggerError extends Error {
  override readonly name = 'NoTriggerError';
}

interface Starting {
  readonly description: Description;
  readonly deployment: Deployment;
  readonly plan: string;
  /** What an operator gives to the front door, and the name under which it runs. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly name: string;
  /** Lets the clock run until something is so. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

/** In which mode a trigger starts the plan. @throws NoTriggerError */
function modeOf(trigger: DrillTrigger, description: Description, plan: string): 'live' | 'rehearse' | undefined {
  if (trigger === 'operator') return undefined;
  const entries = trigger === 'alarm' ? description.alarmTriggers : description.schedules;
  const found = entries.find((entry) => entry.plan === plan);
  if (found === undefined) throw new NoTriggerError(`config/ names no ${trigger} that starts ${plan}`);
  return found.mode;
}

/** Whether a drill is a rehearsal: an operator says so, alarms and schedules have it from config/. @throws NoTriggerError */
export function rehearses(of: {
  readonly trigger?: DrillTrigger;
  readonly input: Readonly<Record<string, unknown>>;
  readonly assembly: string;
  readonly stack: string;
}): boolean {
  const { trigger = 'operator', input, assembly, stack } = of;
  const mode = modeOf(trigger, deployedDescription(assembly, stack), String(input['plan']));
  return (mode ?? input['mode']) === 'rehearse';
}

/** Starts the run as its trigger does, by what the template contains. @throws NoTriggerError */
export async function startBy(trigger: DrillTrigger, starting: Starting): Promise<ExecutionEntry> {
  const { description, deployment, plan, input, name, until } = starting;
  const machine = `lifeboat-${description.environment}-recovery`;
  if (trigger === 'operator') return deployment.start(machine, input, name);
  const { machines, alarms } = deployment.parts;
  const runs = () => machines.executions().filter(({ definition }) => definition.name === machine);
  const known = runs().length;
  if (trigger === 'alarm') {
    const found = description.alarmTriggers.find((entry) => entry.plan === plan);
    if (found === undefined) throw new NoTriggerError(`config/ names no alarm that starts ${plan}`);
    // As EventBridge may: the same event twice, and the run is one all the same.
    for (let time = 0; time < 2; time += 1) deployment.parts.bus.put(alarms.ring(found.alarm));
  } else {
    const found = description.schedules.find((entry) => entry.plan === plan);
    if (found === undefined) throw new NoTriggerError(`config/ names no schedule that starts ${plan}`);
    deployment.fire(`lifeboat-${description.environment}-${found.name}`);
  }
  await until(() => runs().length > known);
  const started = runs()[known];
  if (started === undefined) throw new NoTriggerError(`the ${trigger} started nothing`);
  return started;
}
