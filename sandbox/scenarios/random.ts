/** Where a drill's chance comes from: a seed repeats it, no seed makes it nobody's to know. */
import { randomInt } from 'node:crypto';

/** From 0 to below 1. */
export type Random = () => number;

/** The same seed gives the same numbers (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Nobody can foresee it. */
export function unforeseeable(): Random {
  return () => randomInt(2 ** 47) / 2 ** 47;
}

/** A number from `from` to below `to`: seconds after which a disaster strikes, say. */
export function within(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}
