const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The cases on a real host begin with the file that takes longest, by the table of docs/real-host.md: Jest's own cache
 * knows that only where they ran before, and a long file that begins last keeps one processor busy and the others idle.
 * So do the longest of the quick ones; everything else goes in Jest's order.
 */
const host = join(__dirname, 'real-host');

/** Seconds by what the table's first column says, which is the title of a file's `withMachine`. */
function measured() {
  const rows = readFileSync(join(__dirname, '..', 'docs', 'real-host.md'), 'utf8').matchAll(
    /^\| ([^|]+) \|.*\| ([\d.]+) \|$/gm,
  );
  const seconds = new Map();
  for (const [, title, taken] of rows) seconds.set(title, (seconds.get(title) ?? 0) + Number(taken));
  return seconds;
}

/** Of the rest those that take a minute or more, the longest first: a fresh clone has no cache that knows. */
const long = ['flows/edges.test.ts', 'flows/edges-of-data-plans.test.ts', 'lib/stacks.test.ts'].map((file) =>
  join(__dirname, file),
);
const rank = ({ path }) => (long.includes(path) ? long.indexOf(path) : long.length);

class LongestFirst extends Sequencer {
  async sort(tests) {
    const ours = tests.filter(({ path }) => path.startsWith(host));
    const rest = await super.sort(tests.filter(({ path }) => !path.startsWith(host)));
    const others = rest.toSorted((one, other) => rank(one) - rank(other));
    if (ours.length === 0) return others;
    const seconds = measured();
    const expected = ({ path }) =>
      // A file that was never measured begins at once.
      [...readFileSync(path, 'utf8').matchAll(/^withMachine\('([^']+)'/gm)].reduce(
        (sum, [, title]) => sum + (seconds.get(title) ?? 600),
        0,
      );
    const ordered = ours.map((test) => ({ test, takes: expected(test) })).sort((one, other) => other.takes - one.takes);
    return [...others, ...ordered.map(({ test }) => test)];
  }
}

module.exports = LongestFirst;
