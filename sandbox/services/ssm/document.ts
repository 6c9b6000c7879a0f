import * as z from 'zod';
import { AwsError } from '../service';

const parameterSchema = z.strictObject({
  type: z.literal('String'),
  description: z.string().optional(),
  default: z.string().optional(),
  allowedValues: z.array(z.string()).optional(),
  allowedPattern: z.string().optional(),
  minChars: z.number().optional(),
  maxChars: z.number().optional(),
  interpolationType: z.enum(['ENV_VAR', 'RAW']).optional(),
});
const contentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string().optional(),
  parameters: z.record(z.string(), parameterSchema).default({}),
  mainSteps: z.tuple([
    z.strictObject({
      action: z.literal('aws:runShellScript'),
      name: z.string(),
      precondition: z
        .strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) })
        .optional(),
      inputs: z.strictObject({
        runCommand: z.array(z.string()).min(1),
        timeoutSeconds: z.union([z.string(), z.number()]).transform(String).default('3600'),
      }),
    }),
  ]),
});
type Parameter = z.infer<typeof parameterSchema>;

/** A Command document that cannot be run here; the message names what and why. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** A Command document: one shell script, its parameters handed over as environment variables. */
export class CommandDocument {
  readonly stepName: string;
  readonly script: string;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #timeoutSeconds: string;

  /**
   * @param content as `AWS::SSM::Document` has it
   * @throws DocumentError where a parameter would be spliced into the script's text, or for what is not simulated
   */
  constructor(
    readonly name: string,
    content: unknown,
  ) {
    const parsed = contentSchema.safeParse(content);
    if (!parsed.success) throw new DocumentError(`${name}: ${z.prettifyError(parsed.error)}`);
    const [step] = parsed.data.mainSteps;
    this.stepName = step.name;
    this.script = step.inputs.runCommand.join('\n');
    this.#timeoutSeconds = step.inputs.timeoutSeconds;
    this.#parameters = new Map(Object.entries(parsed.data.parameters));
    const spliced = /\{\{\s*[A-Za-z][^}]*\}\}/.exec(this.script);
    if (spliced !== null) throw new DocumentError(`${name} splices text into its script: ${spliced[0]}`);
    for (const [parameter, { interpolationType, allowedPattern, allowedValues }] of this.#parameters) {
      if (!/^[A-Za-z][A-Za-z0-9]*$/.test(parameter))
        throw new DocumentError(`${name}: ${parameter} is no parameter's name`);
      if (interpolationType !== 'ENV_VAR' && parameter !== this.#timeoutParameter()) {
        throw new DocumentError(`${name}: the parameter ${parameter} is not handed over as an environment variable`);
      }
      if (allowedPattern === undefined && allowedValues === undefined) {
        throw new DocumentError(`${name}: the parameter ${parameter} is not constrained`);
      }
    }
    const timeout = this.#timeoutParameter();
    if (timeout === undefined ? !/^\d+$/.test(this.#timeoutSeconds) : !this.#parameters.has(timeout)) {
      throw new DocumentError(`${name}: timeoutSeconds is neither a number nor a parameter: ${this.#timeoutSeconds}`);
    }
  }

  get usesEnvironment(): boolean {
    return [...this.#parameters.values()].some(({ interpolationType }) => interpolationType === 'ENV_VAR');
  }

  /**
   * The parameters of a command, checked, with defaults.
   * @throws AwsError InvalidParameters
   */
  bind(given: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
    const invalid = (message: string): AwsError => new AwsError('InvalidParameters', message);
    for (const name of Object.keys(given)) {
      if (!this.#parameters.has(name)) throw invalid(`Parameter ${name} is not in the document ${this.name}`);
    }
    const bound = new Map<string, string>();
    for (const [name, parameter] of this.#parameters) {
      const values = Object.hasOwn(given, name) ? given[name] : undefined;
      if (values !== undefined && values.length !== 1) throw invalid(`Parameter ${name} takes one value`);
      const value = values?.[0] ?? parameter.default;
      if (value === undefined) throw invalid(`Parameter ${name} is required by ${this.name}`);
      const { allowedPattern, allowedValues, minChars = 0, maxChars = Number.MAX_SAFE_INTEGER } = parameter;
      const fits =
        (allowedPattern === undefined || new RegExp(allowedPattern).test(value)) &&
        (allowedValues === undefined || allowedValues.includes(value)) &&
        value.length >= minChars &&
        value.length <= maxChars;
      if (!fits) throw invalid(`Parameter ${name} has a value that ${this.name} does not allow: ${value}`);
      bound.set(name, value);
    }
    return bound;
  }

  /** `SSM_<name>` for each parameter, as agents hand over `interpolationType: ENV_VAR`. */
  environment(bound: ReadonlyMap<string, string>): Record<string, string> {
    return Object.fromEntries(
      [...bound].flatMap(([name, value]) =>
        this.#parameters.get(name)?.interpolationType === 'ENV_VAR' ? [[`SSM_${name}`, value]] : [],
      ),
    );
  }

  /** How long the step may run, seconds. @throws AwsError InvalidParameters where the parameter is no number */
  timeoutSeconds(bound: ReadonlyMap<string, string>): number {
    const parameter = this.#timeoutParameter();
    const text = parameter === undefined ? this.#timeoutSeconds : (bound.get(parameter) ?? '');
    if (!/^[1-9]\d*$/.test(text)) throw new AwsError('InvalidParameters', `timeoutSeconds is not a number: ${text}`);
    return Number(text);
  }

  #timeoutParameter(): string | undefined {
    return /^\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}$/.exec(this.#timeoutSeconds)?.[1];
  }
}
