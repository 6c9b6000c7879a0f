import * as z from 'zod';
import { instant } from '../../contract/run';
import { ABSENT, getItem, putItem, updateItem } from '../gateways/table';
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
