import * as z from 'zod';
import { instanceSettingsSchema, type InstanceSettings } from '../../contract/changes';
import { integrityMeasureSchema } from '../../contract/documents';
import { checkSchema, instant } from '../../contract/run';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { getItem, putItem, queryItems } from './table';

/** What one integrity probe measured, of which instance, and what was judged of it. */
export const evidenceSchema = z.strictObject({
  takenAt: instant,
  passed: z.boolean(),
  measure: integrityMeasureSchema,
  instance: z.strictObject({ instanceIdentifier: z.string(), resourceId: z.string() }),
  /** Of an RDS instance; a self-hosted server has none that AWS knows. */
  settings: instanceSettingsSchema.nullable(),
  checks: z.array(checkSchema),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** The last known settings of an instance, for when it cannot be asked any more. They never expire. */
export interface StoredSettings {
  readonly instanceIdentifier: string;
  readonly resourceId: string;
  readonly settings: InstanceSettings;
  readonly takenAt: string;
}

/** Longer than anything replaced may be kept (365 days, config/schema.ts) with the backups it came from. */
const KEPT_DAYS = 400;

const table = () => environment('evidenceTable');
const probes = () => `PROBE#${environment('environment')}`;
const settingsKey = (instanceIdentifier: string) => ({ pk: `SETTINGS#${instanceIdentifier}`, sk: 'SETTINGS' });

/**
 * A time as a sort key: in UTC with six digits of a second, as PostgreSQL gives it, so that text order is time order.
 */
export function instantKey(time: string): string {
  const seconds = new Date(Math.floor(Date.parse(time) / 1000) * 1000).toISOString().slice(0, 19);
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

const read = (item: Record<string, unknown>) => parse(evidenceSchema, item['evidence'], 'a stored integrity probe');

/**
 * The last probe that passed.
 * @param limits.notAfter only a probe of that time or before; @param limits.before only one of before that time;
 * @param limits.resourceId only one of that instance.
 */
export async function lastPass(
  limits: { notAfter?: string; before?: string; resourceId?: string } = {},
): Promise<Evidence | null> {
  const upTo = limits.notAfter ?? limits.before;
  const options = { backwards: true, ...(upTo === undefined ? {} : { upTo: instantKey(upTo) }) };
  for await (const item of queryItems(table(), probes(), options)) {
    if (limits.before !== undefined && String(item['sk']) >= instantKey(limits.before)) continue;
    if (item['passed'] !== true) continue;
    const evidence = read(item);
    if (limits.resourceId === undefined || evidence.instance.resourceId === limits.resourceId) return evidence;
  }
  return null;
}

/** The probe that passed at exactly that time, or null. */
export async function passAt(takenAt: string): Promise<Evidence | null> {
  const item = await getItem(table(), { pk: probes(), sk: instantKey(takenAt) });
  return item?.['passed'] === true ? read(item) : null;
}

/** The last probe, passed or not, or null. */
export async function latest(): Promise<Evidence | null> {
  for await (const item of queryItems(table(), probes(), { backwards: true })) return read(item);
  return null;
}

/** The settings which an instance of that identifier had at its last probe, or null. */
export async function storedSettings(instanceIdentifier: string): Promise<StoredSettings | null> {
  const item = await getItem(table(), settingsKey(instanceIdentifier));
  if (item === undefined) return null;
  const stored = z.object({ resourceId: z.string(), settings: instanceSettingsSchema, takenAt: instant });
  return { instanceIdentifier, ...parse(stored, item, `the stored settings of ${instanceIdentifier}`) };
}

/** Stores a probe, and its instance's settings as the last known ones unless newer ones are there. */
export async function recordProbe(evidence: Evidence): Promise<void> {
  const at = instantKey(evidence.takenAt);
  await putItem(table(), {
    pk: probes(),
    sk: at,
    passed: evidence.passed,
    evidence,
    expires: Math.floor(Date.parse(evidence.takenAt) / 1000) + KEPT_DAYS * 86400,
  });
  if (evidence.settings === null) return;
  await putItem(
    table(),
    {
      ...settingsKey(evidence.instance.instanceIdentifier),
      resourceId: evidence.instance.resourceId,
      settings: evidence.settings,
      takenAt: evidence.takenAt,
      at,
    },
    { expression: 'attribute_not_exists(pk) OR #at <= :at', names: { '#at': 'at' }, values: { ':at': at } },
  );
}

/** Whether the application answered from outside at a moment. */
const healthSchema = z.strictObject({ at: instant, healthy: z.boolean(), detail: z.string() });
export type HealthEvidence = z.infer<typeof healthSchema>;

const health = () => `HEALTH#${environment('environment')}`;

/** Stores what a probe saw of the application from outside. */
export async function recordHealth(seen: HealthEvidence): Promise<void> {
  await putItem(table(), {
    pk: health(),
    sk: instantKey(seen.at),
    seen,
    expires: Math.floor(Date.parse(seen.at) / 1000) + KEPT_DAYS * 86400,
  });
}

/** The last moment at which the application was seen healthy; with `before` only one of before that time. */
export async function lastHealthy(limits: { before?: string } = {}): Promise<HealthEvidence | null> {
  const upTo = limits.before === undefined ? {} : { upTo: instantKey(limits.before) };
  for await (const item of queryItems(table(), health(), { backwards: true, ...upTo })) {
    if (limits.before !== undefined && String(item['sk']) >= instantKey(limits.before)) continue;
    const seen = parse(healthSchema, item['seen'], 'what a probe saw of the application');
    if (seen.healthy) return seen;
  }
  return null;
}
