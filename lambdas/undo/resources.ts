import { changeKinds, type JournalEntry } from '../../contract/changes';

/** Shorter words are settings (`require`, `nginx`); names, ids, ARNs and paths of what is changed are longer. */
const LEAST = 8;

function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= LEAST ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

/**
 * What a change is about: every name, id, ARN and path in its target. Two changes that share one may be of one resource; where
 * they are not, an undo is refused that could have been, never the other way round. A restore is about what it makes alone: what it
 * is made from and like is only read, and what leads there is a change of its own.
 */
export const resourcesOf = ({ kind, target }: JournalEntry): ReadonlySet<string> =>
  new Set(
    texts(kind === 'database-replacement' ? changeKinds['database-replacement'].target.parse(target).instance : target),
  );
