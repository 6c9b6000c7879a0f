import * as z from 'zod';
import { documents, type DocumentName } from '../../contract/documents';
import { loadDocument } from '../../documents/load';
import { currentImage, guestDatabase, neededToRun, secretArn, type RealHost } from '../../sandbox/real-host';
import { CommandDocument } from '../../sandbox/services/ssm/document';

export { endMachines, restore } from './restore';

/** GetCommandInvocation cuts there (sandbox/services/ssm/describe.ts has the source). */
const LIMITS = { stdout: 24_000, stderr: 8_000 };

// Emulation is slow, and slower where others work as well. No test says how long anything takes.
jest.setTimeout(1_800_000);
const PATIENCE = { seconds: '600', milliseconds: 240_000 };

/** Why no machine can be restored here; undefined where it can. `npm run test:host` makes the image first. */
const reason = [
  ...neededToRun(),
  ...(currentImage().finished ? [] : ['there is no image of a host: npm run host:build']),
][0];

/** Tests that need a machine. Where there is none they are skipped, each, and the reason is in their name. */
export function withMachine(name: string, define: () => void): void {
  if (reason === undefined) describe(name, define);
  else describe.skip(`${name} (skipped: ${reason})`, define);
}

export interface Ran {
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, parsed; undefined where it is no JSON. */
  readonly line: unknown;
}

/** Runs a document as Systems Manager would: the stored text, checked parameters, its time-out, output cut off. */
export async function runDocument(
  machine: RealHost,
  name: DocumentName,
  parameters: Readonly<Record<string, string>>,
): Promise<Ran> {
  const { ExecutionTimeout = PATIENCE.seconds, ...own } = parameters;
  documents[name].parameters.parse(own);
  const document = new CommandDocument(name, loadDocument(name).content);
  const given = { ...own, ExecutionTimeout };
  const bound = document.bind(Object.fromEntries(Object.entries(given).map(([key, value]) => [key, [value]])));
  const result = await machine.run(document.script, document.environment(bound), {
    timeoutSeconds: document.timeoutSeconds(bound),
  });
  const stdout = result.stdout.slice(0, LIMITS.stdout);
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return {
    code: result.exitCode ?? undefined,
    timedOut: result.timedOut,
    stdout,
    stderr: result.stderr.slice(0, LIMITS.stderr),
    line: last.startsWith('{') ? JSON.parse(last) : undefined,
  };
}

/** How a document on the machine reaches the database there. */
export const connection = {
  Address: guestDatabase.address,
  Port: String(guestDatabase.port),
  Database: guestDatabase.name,
  SslMode: 'verify-full',
  CaFile: '/etc/ssl/interview-app/ca.pem',
  MasterSecretArn: secretArn('master'),
};
export const login = (role: 'app' | 'reports'): string => `${role}=${secretArn(role)}`;

/** What the application serves, as seen from outside: the status, and the version where it is healthy. */
export async function served(machine: RealHost): Promise<string> {
  const { address, port } = machine.endpoint(80);
  try {
    const response = await fetch(`http://${address}:${port}/api/health`, { signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    if (!response.ok) return String(response.status);
    return `200 ${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
  } catch {
    return 'nothing';
  }
}

/** Once it serves: emulation is slow, and so is the application's start in it. */
export async function servedAgain(machine: RealHost): Promise<string> {
  const deadline = Date.now() + PATIENCE.milliseconds;
  for (;;) {
    const answer = await served(machine);
    if (answer.startsWith('200') || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** SQL as the server's superuser, on the machine. */
export const sql = async (
  machine: RealHost,
  statement: string,
  database: string = guestDatabase.name,
): Promise<string> =>
  await machine.look(
    // Without a session of PAM, which takes as long as the query does.
    '/usr/bin/setpriv',
    ...['--reuid=postgres', '--regid=postgres', '--init-groups'],
    'psql',
    '-X',
    '-U',
    'rdsadmin',
    '-qAt',
    '-d',
    database,
    '-c',
    statement,
  );

/** What the image's application answers. */
export const HEALTHY = '200 1.3.0';
