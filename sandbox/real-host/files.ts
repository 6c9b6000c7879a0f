import { AgentFailed } from './errors';
import { type RealHost } from './real-host';

/**
 * Every entry of a folder of the machine with what it is (kind, mode, SHA-256 of a file, target of a link), by its path
 * in it. `lost+found`, which belongs to the file system, is left out.
 */
export async function filesOn(host: RealHost, folder: string): Promise<Map<string, string>> {
  const script = String.raw`set -euo pipefail
cd "$folder"
find . -mindepth 1 -path ./lost+found -prune -o \( -type d -printf 'folder %m\t%P\0' \) -o \( -type l -printf 'link to %l\t%P\0' \)
printf '\0'
find . -mindepth 1 -path ./lost+found -prune -o -type f -printf '%m\t%P\0'
printf '\0'
find . -mindepth 1 -path ./lost+found -prune -o -type f -printf '%P\0' | xargs -0 -r sha256sum -z --`;
  const { exitCode, stdout, stderr } = await host.run(script, { folder }, { timeoutSeconds: 600 });
  if (exitCode !== 0) throw new AgentFailed(`the files of ${host.id} could not be looked at: ${stderr}`);
  const [folders = [], modes = [], digests = []] = stdout.split('\0\0').map((part) => part.split('\0').filter(Boolean));
  const found = new Map<string, string>();
  for (const line of folders) {
    const [what = '', name = ''] = line.split('\t');
    found.set(name, what);
  }
  const digest = new Map(digests.map((line) => [line.slice(66), line.slice(0, 64)]));
  for (const line of modes) {
    const [mode = '', name = ''] = line.split('\t');
    found.set(name, `file ${mode} ${digest.get(name) ?? 'unreadable'}`);
  }
  return found;
}
