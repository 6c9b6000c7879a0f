import type { JournalEntry } from '../../contract/changes';

/** Shorter words are settings (`require`, `nginx`); names, ids, ARNs and paths of what is changed are longer. */
const LEAST = 8;

function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= LEAST ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

/**
 * What a change is about: every name, id, ARN and path in its target. Two changes that share one may be of one resource; where
 * they are not, an undo is refused that could have been, never the other way round.
 */
export const resourcesOf = ({ target }: JournalEntry): ReadonlySet<string> => new Set(texts(target));
