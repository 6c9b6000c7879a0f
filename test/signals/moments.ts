import type { Moment, Round, Target } from './round';

/** Lines after which a drill is in the midst of something, and for about how long, milliseconds. */
const phases: readonly { readonly name: string; readonly after: RegExp; readonly lasts: number }[] = [
  { name: 'synthesis', after: /note synthesizing/, lasts: 5000 },
  { name: 'initdb', after: /note PostgreSQL/, lasts: 1500 },
  { name: 'fill', after: /note filling the database/, lasts: 2500 },
  { name: 'restore', after: /restore-beside-the-old-instance\S* (entered|running)/, lasts: 3000 },
  { name: 'settle', after: /settle\.\S+ entered/, lasts: 2500 },
];

/** A whole drill lasts about so long on two cores, milliseconds. */
const DURATION = 55_000;

const anyMoment = (): Moment => ({ name: 'any', after: null, milliseconds: Math.random() * DURATION });

const phased = (): Moment[] =>
  phases.map(({ name, after, lasts }) => ({ name, after, milliseconds: Math.random() * lasts }));

/** So many moments of each signal, at most ten: the later phases first, then the earlier ones, then any. */
export function rounds(moments: number): Round[] {
  const spread = (signal: Round['signal'], targets: readonly Target[]): Round[] =>
    [...phased().reverse(), ...phased().map(anyMoment)].slice(0, moments).map((moment, index) => ({
      signal,
      target: targets[index % targets.length] ?? 'group',
      moment,
    }));
  return [...spread('SIGINT', ['group', 'node']), ...spread('SIGKILL', ['npm', 'node', 'group'])];
}
