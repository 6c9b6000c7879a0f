/** Something that a static check of a machine found, and what to do about it. */
export interface Finding {
  readonly check: CheckName;
  readonly machine: string;
  readonly state: string | undefined;
  readonly message: string;
}

export type CheckName = 'definition' | 'reachability' | 'variables' | 'expressions' | 'guards' | 'events';

/** A finding without what is the same for all of a machine. */
export type Found = Omit<Finding, 'machine'>;
