import type { Batch } from '../../contract/tasks/releases';

/** More batches would be more history than a machine may have; the first one is the canary (statemachines/fragments/batches.ts). */
const MOST_BATCHES = 10;

/** One host first, then so many at a time. Where there is only one, it stays in service: nobody else would serve. */
export function batchesOf(hosts: readonly string[], size: number): Batch[] {
  const [canary, ...others] = hosts;
  if (canary === undefined) return [];
  const standby = others.length > 0;
  const each = Math.max(size, Math.ceil(others.length / (MOST_BATCHES - 1)));
  const rest = Array.from({ length: Math.ceil(others.length / each) }, (_, at) =>
    others.slice(at * each, (at + 1) * each),
  );
  return [[canary], ...rest].map((batch, at) => ({
    number: at + 1,
    hosts: batch,
    // Never all of them at once.
    standby: standby && batch.length < hosts.length,
  }));
}
