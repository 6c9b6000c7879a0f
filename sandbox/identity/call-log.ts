/** One thing that IAM was asked for. */
export interface CheckedPermission {
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
}

/** One call of a service, whoever made it. */
export interface CallRecord {
  /** Order in which calls began, from 1. */
  readonly sequence: number;
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
  /** Who called: the function's, machine's, rule's or host's name. */
  readonly source: string;
  /** Undefined where something outside of any role called. */
  readonly roleArn: string | undefined;
  readonly service: string;
  readonly operation: string;
  permissions: readonly CheckedPermission[];
  /** `refused`: by the sandbox itself, before or instead of AWS. */
  outcome: 'under way' | 'done' | 'denied' | 'failed' | 'refused';
  /** Name and message of the error, where there was one. */
  error: { readonly name: string; readonly message: string } | undefined;
}

/** Every call made inside a sandbox, in the order in which they began. */
export class CallLog {
  readonly #records: CallRecord[] = [];

  constructor(private readonly now: () => number) {}

  begin(call: Pick<CallRecord, 'source' | 'roleArn' | 'service' | 'operation'>): CallRecord {
    const record: CallRecord = {
      ...call,
      sequence: this.#records.length + 1,
      at: this.now(),
      permissions: [],
      outcome: 'under way',
      error: undefined,
    };
    this.#records.push(record);
    return record;
  }

  records(): readonly CallRecord[] {
    return this.#records;
  }
}
