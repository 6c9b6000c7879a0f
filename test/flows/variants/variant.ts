import type { Script } from '../flow';

/** The courses that a machine can take without anything failing, by what is so in each. */
export interface Variant {
  readonly name: string;
  readonly script: Script;
  /** What the machines that it starts come to. */
  readonly nested?: Readonly<Record<string, Script>>;
  /** How it ends; SUCCEEDED unless said. */
  readonly ends?: string;
  /** It ends so only once the plan works, after all was resolved: a rehearsal of it ends well. */
  readonly failsAtWork?: true;
}
