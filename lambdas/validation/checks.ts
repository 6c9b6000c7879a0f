import type { DocumentName, DocumentResult } from '../../contract/documents';
import type { Check } from '../../contract/run';

export interface Judged {
  readonly check: Check;
  /** Whether the validation fails where it could not be made. */
  readonly isNeeded: boolean;
}

/** A document's result on one host. */
export interface On<N extends DocumentName> {
  readonly host: string;
  readonly result: DocumentResult<N>;
}

/** The results of a document by host, or why there are none. */
export type Answers<N extends DocumentName> = { readonly on: readonly On<N>[] } | { readonly missing: string };

/** A check that was made. */
export const made = (name: string, good: boolean, expected: string, actual: string, evidence: string): Judged => ({
  check: { name, status: good ? 'passed' : 'failed', expected, actual, evidence },
  isNeeded: true,
});

/** A check that could not be made. */
export const unmade = (name: string, expected: string, why: string, evidence: string, isNeeded: boolean): Judged => ({
  check: { name, status: 'not-checkable', expected, actual: why, evidence },
  isNeeded,
});
