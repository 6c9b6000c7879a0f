const compiled = new Map<string, RegExp>();

/** Whether a text matches IAM's wildcards: `*` is any run of characters, `?` is any one. */
export function matchesPattern(pattern: string, text: string, ignoreCase = false): boolean {
  const key = `${ignoreCase ? 'i' : ''}:${pattern}`;
  let expression = compiled.get(key);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[\\s\\S]*')
      .replaceAll('?', '[\\s\\S]');
    expression = new RegExp(`^${source}$`, ignoreCase ? 'i' : '');
    compiled.set(key, expression);
  }
  return expression.test(text);
}

/** ARNs are compared part by part: a wildcard in one of the first five parts does not reach beyond its colon. */
export function matchesArn(pattern: string, arn: string): boolean {
  const patternParts = arnParts(pattern);
  const parts = arnParts(arn);
  if (patternParts.length !== 6 || parts.length !== 6) return false;
  return patternParts.every((part, index) => matchesPattern(part, parts[index] ?? ''));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')].slice(0, parts.length > 5 ? 6 : parts.length);
}

/** Whether some text matches both patterns. */
export function patternsOverlap(left: string, right: string): boolean {
  const seen = new Set<number>();
  const overlaps = (i: number, j: number): boolean => {
    const key = i * (right.length + 1) + j;
    if (seen.has(key)) return false;
    seen.add(key);
    if (i === left.length && j === right.length) return true;
    const a = left[i];
    const b = right[j];
    if (a === '*' && (overlaps(i + 1, j) || (j < right.length && overlaps(i, j + 1)))) return true;
    if (b === '*' && (overlaps(i, j + 1) || (i < left.length && overlaps(i + 1, j)))) return true;
    if (a === undefined || b === undefined || a === '*' || b === '*') return false;
    return (a === b || a === '?' || b === '?') && overlaps(i + 1, j + 1);
  };
  return overlaps(0, 0);
}
