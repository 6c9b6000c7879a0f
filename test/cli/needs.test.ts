import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireDumpTools, requireNeeds } from '../../cli/needs';
import { UsageError } from '../../cli/usage';

const folder = mkdtempSync(join(tmpdir(), 'needs-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('what is missing is named before anything is started', async () => {
  for (const name of ['npm', 'bash', 'id', 'rm', 'od', 'base64', 'sha256sum']) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
  }
  await expect(requireNeeds(folder)).rejects.toThrow(
    new UsageError('a drill needs git, coreutils on this machine: install that first'),
  );
});

const tool = (major: number) => ({ path: '/usr/bin/x', major });

test.each([
  ['none is there', {}, 'psql, pg_dump, pg_restore'],
  ['one is missing', { psql: tool(17), pg_dump: tool(17) }, 'pg_restore'],
  ['one is of another major version', { psql: tool(17), pg_dump: tool(15), pg_restore: tool(17) }, 'pg_dump'],
])('dump and restore where %s: the package is named', async (_, tools, names) => {
  await expect(requireDumpTools({ major: 17, tools })).rejects.toThrow(
    new UsageError(
      `a drill of a self-hosted database needs ${names} of PostgreSQL 17, the server's major version: install postgresql-client-17`,
    ),
  );
});

test('where all are of the server’s major version nothing is said', async () => {
  await expect(
    requireDumpTools({ major: 17, tools: { psql: tool(17), pg_dump: tool(17), pg_restore: tool(17) } }),
  ).resolves.toBeUndefined();
});
