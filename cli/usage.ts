/** What was given is not understood; the message says what was wrong and the right form. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
