import * as z from 'zod';
import { instant } from '../../contract/run';
import { ABSENT, deleteItem, getItem, putItem, queryAll, updateItem } from '../gateways/table';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';

/** The last incident of an environment that an alarm opened: item `INCIDENT#<environment>`/`LAST` of table `runs`. */
const incidentSchema = z.object({
  /** Name of its run; it follows from the alarm, so that a repeated call starts the same one. */
  run: z.string(),
  alarm: z.string(),
  openedAt: instant,
  input: z.record(z.string(), z.unknown()),
  /** Alarms that joined it. */
  joined: z.array(z.string()).default([]),
});
export type Incident = z.infer<typeof incidentSchema>;

const key = () => ({ pk: `INCIDENT#${environment('environment')}`, sk: 'LAST' });
const table = () => environment('runsTable');

/** An alarm as CloudWatch told of it. */
export interface Rang {
  readonly alarm: string;
  /** When it went to ALARM. */
  readonly at: string;
  readonly reason: string;
}

/** One that rose while a run was on that it need not have to do with: `INCIDENT#<environment>`/`WAITS#<alarm>`. */
const waitingSchema = z.object({ alarm: z.string(), at: instant, reason: z.string(), behind: z.string() });
const WAITS = 'WAITS#';

/** CloudWatch tells of an alarm once: what is not started for it now is looked at again when that run has ended. */
export async function waitBehind(run: string, { alarm, at, reason }: Rang): Promise<void> {
  await putItem(table(), { pk: key().pk, sk: `${WAITS}${alarm}`, alarm, at, reason, behind: run });
}

export async function waitingAlarms(): Promise<(Rang & { readonly behind: string })[]> {
  const items = await queryAll(table(), key().pk, { prefix: WAITS });
  return items.map((item) => parse(waitingSchema, item, 'an alarm that waits'));
}

export const waitNoMore = (alarm: string): Promise<void> =>
  deleteItem(table(), { pk: key().pk, sk: `${WAITS}${alarm}` });

export async function lastIncident(): Promise<Incident | null> {
  const item = await getItem(table(), key());
  return item === undefined ? null : parse(incidentSchema, item, 'the last incident');
}

/** Opens an incident instead of the one that is known; false where somebody else has opened one meanwhile. */
export function openIncident(incident: Incident, instead: Incident | null): Promise<boolean> {
  const unchanged = { expression: '#run = :was', names: { '#run': 'run' }, values: { ':was': instead?.run ?? '' } };
  return putItem(table(), { ...key(), ...incident }, instead === null ? ABSENT : unchanged);
}

/** Notes an alarm that belongs to an incident. */
export async function joinIncident(incident: Incident, alarm: string): Promise<void> {
  if (incident.alarm === alarm || incident.joined.includes(alarm)) return;
  const update = {
    expression: 'SET joined = :joined',
    values: { ':joined': [...incident.joined, alarm], ':run': incident.run },
  };
  await updateItem(table(), key(), { ...update, names: { '#run': 'run' } }, '#run = :run');
}
