/** What is kept in the journal beside target and state before: handles, and what confirming found. */
export type Detail = Record<string, unknown>;

/** Whether it is in force, or gone, yet. */
export interface Outcome {
  readonly done: boolean;
  readonly progress?: string;
  /** Added to the entry's detail, also while it is not done. */
  readonly detail?: Detail;
}

/** An error in one line. */
export const message = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
