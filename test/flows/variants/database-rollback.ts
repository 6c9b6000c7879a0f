import { request, run } from '../answers';
import { databaseRecovery } from './database-recovery';
import { oneDatabaseHost, selfHosted, selfHostedDescription } from './database-self-hosted';
import type { Variant } from './variant';

/** A database is rolled back by the steps of its recovery: the courses of that which differ here, and how they end. */
const courses: Readonly<
  Record<string, 'well' | 'PresentStateGoneError' | 'DatabaseUnreachableError' | 'HostUnfitError'>
> = {
  'by record, many of everything': 'well',
  'by rename': 'well',
  'no alarms': 'well',
  'living, from a snapshot': 'well',
  'one of everything, and nobody': 'well',
  'a host lacks a tool': 'HostUnfitError',
  'stopped, so that nobody can write to it': 'PresentStateGoneError',
  // A fence around the network alone lets open connections write on.
  'out of reach, fenced by its network': 'DatabaseUnreachableError',
  'from the newest sound backup': 'well',
  'several hosts have the tag of the database': 'HostUnfitError',
  'a database that somebody dropped, without a baseline': 'PresentStateGoneError',
};

const rolledBack = (variants: readonly Variant[]): Variant[] =>
  variants.flatMap(({ name, script }) => {
    const ends = courses[name];
    if (ends === undefined) return [];
    if (ends === 'well') return [{ name, script }];
    return [{ name, script, ends, ...(ends === 'DatabaseUnreachableError' ? { failsAtWork: true as const } : {}) }];
  });

/** A table that is gone must keep nobody from going back. */
const unmeasured = { 'Measure the present state: ended?': ['not yet', { fails: 'DocumentFailedError' }] } as const;

export const databaseRollback: readonly Variant[] = [
  ...rolledBack(databaseRecovery),
  { name: 'the present state cannot be measured', script: { states: unmeasured } },
];

export const selfHostedRollback: readonly Variant[] = [
  ...rolledBack(selfHosted),
  {
    name: 'the present state cannot be measured',
    script: {
      input: { run, request, description: selfHostedDescription },
      states: { ...oneDatabaseHost, ...unmeasured },
    },
  },
];
