import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNeeds } from '../../cli/needs';
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
