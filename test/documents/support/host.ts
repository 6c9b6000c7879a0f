import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { documents, type DocumentName } from '../../../contract/documents';
import { loadDocument } from '../../../documents/load';

/** Programs of a host that cannot be the real ones here. All keep their state in files under $STATE. */
const standIns: Readonly<Record<string, string>> = {
  // A unit is a file with its state; <unit>.pid its process; <unit>.on-start and .on-stop what else happens then.
  systemctl: `
verb=$1; shift
unit=\${*: -1}
file=$STATE/units/$unit
case $verb in
  is-active) cat "$file" 2>/dev/null || echo inactive; grep -qx active "$file" 2>/dev/null ;;
  show) case "$*" in
      *LoadState*) if [ -e "$file" ]; then echo loaded; else echo not-found; fi ;;
      *MainPID*) cat "$file.pid" 2>/dev/null || echo 0 ;;
    esac ;;
  start | stop | restart | reload-or-restart)
    [ -e "$file" ] || { echo "Failed to $verb $unit.service: Unit $unit.service not found." >&2; exit 5; }
    echo "$verb $unit" >>"$STATE/calls"
    [ "$verb" = stop ] || [ ! -e "$file.too-often" ] || {
      echo "Job for $unit.service failed because start request repeated too quickly." >&2; exit 1; }
    if [ "$verb" = stop ]; then echo inactive >"$file"; else echo active >"$file"; fi
    [ ! -e "$file.on-$verb" ] || . "$file.on-$verb" ;;
  reset-failed) rm -f "$file.too-often" ;;
esac`,
  // Time is not waited for; what happens meanwhile is a script.
  sleep: `echo "sleep $1" >>"$STATE/calls"; [ ! -e "$STATE/on-sleep" ] || . "$STATE/on-sleep"`,
  getent: `[ -e "$STATE/names/$2" ] || exit 2; sed 's/$/ STREAM x/' "$STATE/names/$2"`,
  // An object's version is the file objects/<bucket>/<key>@<version>.
  // Whoever runs the tests is everybody.
  sudo: `echo 'sudo: not simulated here' >&2; exit 64`,
  aws: `
if [ "$1 $2 $3 $5 $7 $9" = 's3api get-object --region --bucket --key --version-id' ]; then
  [ -e "$STATE/objects/$6/$8@\${10}" ] || { echo 'An error occurred (NoSuchVersion)' >&2; exit 254; }
  echo "get $8 \${10}" >>"$STATE/calls"
  cp "$STATE/objects/$6/$8@\${10}" "\${11}"; echo '{}'; exit
fi
[ "$1 $2 $3" = 'secretsmanager get-secret-value --secret-id' ] || exit 252
[ -e "$STATE/secrets/\${4##*:}" ] || { echo 'An error occurred (ResourceNotFoundException)' >&2; exit 254; }
echo "region $AWS_REGION" >>"$STATE/calls"
cat "$STATE/secrets/\${4##*:}"; echo`,
};
/** Real programs whose arguments are noted, since a secret must never be one. */
const noted = ['psql', 'openssl', 'curl', 'sha256sum', 'base64'];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, parsed. */
  readonly line: unknown;
}

/** A stand-in for a host on which documents are really run by bash. */
export class Host {
  readonly state = fs.mkdtempSync(path.join(os.tmpdir(), 'lifeboat-host-'));
  readonly #programs = path.join(this.state, 'bin');
  #system = ['/usr/local/bin', '/usr/bin', '/bin'];
  readonly #passwords = new Set<string>();

  /** @param clients folder of PostgreSQL's programs */
  constructor(private readonly clients = '/nowhere') {
    for (const name of ['bin', 'units', 'names', 'secrets', 'tmp']) fs.mkdirSync(path.join(this.state, name));
    for (const [name, text] of Object.entries(standIns)) this.program(name, text);
    for (const name of noted) {
      const rest = `PATH=\${PATH#*:} exec ${name} "$@"`;
      this.program(name, `printf '%s ' ${name} "$@" >>"$STATE/arguments"; ${rest}`);
    }
  }

  program(name: string, text: string): void {
    fs.writeFileSync(path.join(this.#programs, name), `#!/bin/bash\n${text.trim()}\n`, { mode: 0o755 });
  }

  forget(...names: string[]): void {
    for (const name of names) fs.rmSync(path.join(this.#programs, name));
  }

  /** From now on the system's programs are those alone, beside the stand-ins. */
  only(...names: string[]): void {
    for (const name of names) this.program(name, `exec /usr/bin/${name} "$@"`);
    this.#system = [];
  }

  write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.state, file), text);
  }

  read(file: string): string {
    const at = path.join(this.state, file);
    return fs.existsSync(at) ? fs.readFileSync(at, 'utf8') : '';
  }

  /** Stores a secret, and its ARN. From then on no document may show its password. */
  secret(username: string, password: string, text = JSON.stringify({ username, password })): string {
    this.write(`secrets/${username}-a1b2c3`, text);
    if (password !== '') this.#passwords.add(password);
    return `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${username}-a1b2c3`;
  }

  /** Runs a document as the agent does: a file, run by what its first line names, parameters in the environment. */
  async run(name: DocumentName, parameters: Readonly<Record<string, string>>): Promise<Ran> {
    documents[name].parameters.parse(parameters);
    const script = path.join(this.state, '_script.sh');
    const [step] = loadDocument(name).content.mainSteps;
    fs.writeFileSync(script, `${step.inputs.runCommand.join('\n')}\n`, { mode: 0o700 });
    const ran = await bash(script, [], {
      PATH: [this.#programs, this.clients, ...this.#system].join(':'),
      STATE: this.state,
      HOME: this.state,
      TMPDIR: path.join(this.state, 'tmp'),
      ...Object.fromEntries(Object.entries(parameters).map(([key, value]) => [`SSM_${key}`, value])),
    });
    for (const password of this.#passwords) {
      for (const [where, text] of Object.entries({ ...ran, arguments: this.read('arguments') })) {
        if (String(text).includes(password)) throw new Error(`${name} shows a password in its ${where}`);
      }
    }
    const left = fs.readdirSync(path.join(this.state, 'tmp'));
    if (left.length > 0) throw new Error(`${name} left ${left.join(', ')} behind`);
    const last = ran.stdout.trimEnd().split('\n').at(-1) ?? '';
    return { ...ran, line: last.startsWith('{') ? JSON.parse(last) : undefined };
  }

  remove(): void {
    fs.rmSync(this.state, { recursive: true, force: true });
  }
}

/** Runs a program to its end. */
export function bash(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  input?: string,
  folder?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: 'pipe', cwd: folder });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
    child.stdin.end(input);
  });
}
