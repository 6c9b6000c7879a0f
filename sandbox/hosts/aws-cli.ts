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

/** `aws secretsmanager get-secret-value --secret-id X --query SecretString --output text [--region R]`, nothing else. */
export async function awsCli(
  argv: readonly string[],
  host: { readonly id: string; readonly role: string | undefined },
  getSecretValue: GetSecretValue | undefined,
): Promise<Answer> {
  const [service, operation, ...rest] = argv;
  if (service !== 'secretsmanager' || operation !== 'get-secret-value') return refused(argv);
  const options = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 2) {
    const [name, value] = [rest[at] ?? '', rest[at + 1]];
    if (!['--secret-id', '--query', '--output', '--region'].includes(name) || value === undefined) return refused(argv);
    options.set(name, value);
  }
  const secretId = options.get('--secret-id');
  if (secretId === undefined) {
    return problem(codes.usage, 'aws: error: the following arguments are required: --secret-id');
  }
  if (options.get('--query') !== 'SecretString' || options.get('--output') !== 'text') return refused(argv);
  if (host.role === undefined) {
    return problem(
      codes.noCredentials,
      'Unable to locate credentials. You can configure credentials by running "aws configure".',
    );
  }
  if (getSecretValue === undefined) return refused(argv);
  try {
    const secret = await getSecretValue({ host: host.id, role: host.role, secretId, region: options.get('--region') });
    return { code: 0, stdout: `${secret}\n`, stderr: '' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return problem(
      codes.service,
      `An error occurred (${error.name}) when calling the GetSecretValue operation: ${error.message}`,
    );
  }
}
