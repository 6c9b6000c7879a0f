/** How a person who started this types it again: with npm where npm started it, since `lifeboat` may be on no path. */
export function invocation(options: string): string {
  const byNpm = process.env['npm_lifecycle_event'] === 'drill';
  if (!byNpm) return `lifeboat drill ${options}`.trim();
  return options === '' ? 'npm run drill' : `npm run drill -- ${options}`;
}
