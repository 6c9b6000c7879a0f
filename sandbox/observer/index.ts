/**
 * Downtime and data loss, counted from outside the system under test:
 *
 *     const baseline = await takeBaseline(original);
 *     const observer = new Observer({ address, clock, ledgerFile, original, knownEvaluation, users, questions });
 *     await observer.start();
 *     …the disaster, the recovery…
 *     await observer.serving(20);
 *     await observer.stop();
 *     await observer.attribute(recovered);
 *     const comparison = await compareRows({ entries: observer.entries(), baseline, recovered, moment });
 *     const observation = observationOf(observer, comparison, moment, clock, fault);
 */
export { type Baseline, type Removed, takeBaseline, without } from './baseline';
export { isOf, type Place } from './commits';
export * from './errors';
export { type Acknowledged, type Entry, type Era, Ledger } from './ledger';
export { observationOf } from './observation';
export { Observer, type ObserverOptions } from './observer';
export { type Outage, outagesOf, type Probe, spanBetween, sumOf } from './outages';
export { type Comparison, compareRows, type Moment, type Tolerated } from './rows';
