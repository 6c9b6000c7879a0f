// Jest types its matchers `any`; these are the same as `unknown`.
export const containing = (words: string): unknown => expect.stringContaining(words);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const withFields = (fields: object): unknown => expect.objectContaining(fields);
export const some = (kind: typeof String | typeof Number): unknown => expect.any(kind);

/** What a function throws; undefined where it throws nothing. */
export function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
