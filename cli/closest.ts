/** The name that was probably meant, or null where none is near (at most a third of the letters differ). */
export function closest(given: string, names: readonly string[]): string | null {
  const scored = names
    .map((name) => ({ name, distance: name.startsWith(given) && given.length > 2 ? 0 : distance(given, name) }))
    .filter(({ name, distance: of }) => of <= Math.max(1, Math.ceil(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return scored[0]?.name ?? null;
}

/** Levenshtein's: insertions, deletions and substitutions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
}
