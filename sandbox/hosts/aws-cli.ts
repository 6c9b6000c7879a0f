/** What the `aws` stand-in can ask for. */
export interface SecretRequest {
  readonly host: string;
  /** The role of the host's instance profile. */
  readonly role: string;
  readonly secretId: string;
  readonly region: string | undefined;
}

/** Answers a host's `aws secretsmanager get-secret-value`: the secret's string, or an error whose `name` is the service's code. */
export type GetSecretValue = (request: SecretRequest) => Promise<string>;

export interface ObjectRequest {
  readonly host: string;
  readonly role: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly region: string | undefined;
}

/** Answers a host's `aws s3api get-object`: the object's bytes, or an error whose `name` is the service's code. */
export type GetObject = (request: ObjectRequest) => Promise<Buffer>;

/** What of AWS a host can ask for. */
export interface CliServices {
  readonly getSecretValue?: GetSecretValue | undefined;
  readonly getObject?: GetObject | undefined;
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The AWS CLI's exit codes (its user guide, "Return codes"); 64 is ours, for what the sandbox does not simulate. */
const codes = { usage: 252, noCredentials: 253, service: 254, notSimulated: 64 } as const;

const problem = (code: number, text: string): Answer => ({ code, stdout: '', stderr: `\n${text}\n` });

const refused = (argv: readonly string[]): Answer => ({
  code: codes.notSimulated,
  stdout: '',
  stderr: `aws: not simulated by this sandbox: ${argv.join(' ')}\n`,
});

interface Caller {
  readonly id: string;
  readonly role: string | undefined;
}

/** `--name value` pairs of the names that are simulated, and the words between; undefined where there is another. */
function parsed(rest: readonly string[], names: readonly string[]) {
  const options = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const name = rest[at] ?? '';
    if (!name.startsWith('--')) words.push(name);
    else {
      at += 1;
      const value = rest[at];
      if (!names.includes(name) || value === undefined) return undefined;
      options.set(name, value);
    }
  }
  return { options, words };
}

const missing = (name: string) => problem(codes.usage, `aws: error: the following arguments are required: ${name}`);
const noCredentials = problem(
  codes.noCredentials,
  'Unable to locate credentials. You can configure credentials by running "aws configure".',
);

async function answered(operation: string, ask: () => Promise<string>): Promise<Answer> {
  try {
    return { code: 0, stdout: await ask(), stderr: '' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return problem(
      codes.service,
      `An error occurred (${error.name}) when calling the ${operation} operation: ${error.message}`,
    );
  }
}

/** `aws secretsmanager get-secret-value --secret-id X --query SecretString --output text [--region R]`. */
async function secretValue(argv: readonly string[], host: Caller, get: GetSecretValue | undefined): Promise<Answer> {
  const given = parsed(argv.slice(2), ['--secret-id', '--query', '--output', '--region']);
  if (given === undefined || given.words.length > 0) return refused(argv);
  const { options } = given;
  const secretId = options.get('--secret-id');
  if (secretId === undefined) return missing('--secret-id');
  if (options.get('--query') !== 'SecretString' || options.get('--output') !== 'text') return refused(argv);
  const { id, role } = host;
  if (role === undefined) return noCredentials;
  if (get === undefined) return refused(argv);
  return await answered(
    'GetSecretValue',
    async () => `${await get({ host: id, role, secretId, region: options.get('--region') })}\n`,
  );
}

/** `aws s3api get-object --bucket B --key K [--version-id V] [--region R] FILE`: the file, and the answer as JSON. */
async function object(
  argv: readonly string[],
  host: Caller,
  get: GetObject | undefined,
  write: ((file: string, body: Buffer) => void) | undefined,
): Promise<Answer> {
  const given = parsed(argv.slice(2), ['--bucket', '--key', '--version-id', '--region']);
  if (given === undefined) return refused(argv);
  const { options, words } = given;
  const [bucket, key, [file, more]] = [options.get('--bucket'), options.get('--key'), words];
  if (bucket === undefined) return missing('--bucket');
  if (key === undefined) return missing('--key');
  if (file === undefined || more !== undefined) return missing('outfile');
  const { id, role } = host;
  if (role === undefined) return noCredentials;
  if (get === undefined || write === undefined) return refused(argv);
  const versionId = options.get('--version-id');
  return await answered('GetObject', async () => {
    const body = await get({ host: id, role, bucket, key, versionId, region: options.get('--region') });
    write(file, body);
    return `${JSON.stringify({ ContentLength: body.length, VersionId: versionId }, null, 4)}\n`;
  });
}

/**
 * The two commands that documents and the application have; everything else is refused by name.
 * @param write puts an object's bytes into a file of the host; without it none can be fetched
 */
export async function awsCli(
  argv: readonly string[],
  host: Caller,
  { getSecretValue, getObject }: CliServices,
  write?: (file: string, body: Buffer) => void,
): Promise<Answer> {
  switch (argv.slice(0, 2).join(' ')) {
    case 'secretsmanager get-secret-value':
      return await secretValue(argv, host, getSecretValue);
    case 's3api get-object':
      return await object(argv, host, getObject, write);
    default:
      return refused(argv);
  }
}
