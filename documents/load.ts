import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** A parameter as SSM takes it; but for the time-out it reaches the script as the environment variable SSM_<name>. */
const parameterSchema = z.strictObject({
  type: z.literal('String'),
  description: z.string(),
  default: z.string().optional(),
  interpolationType: z.literal('ENV_VAR').optional(),
  allowedPattern: z.string().optional(),
  allowedValues: z.array(z.string()).optional(),
});

const step = { action: z.literal('aws:runShellScript'), name: z.string() };
const inputs = { timeoutSeconds: z.literal('{{ ExecutionTimeout }}') };
const precondition = z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) });

/** documents/<name>.yaml: an SSM document (schema 2.2) without its script. */
const writtenSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string(),
  parameters: z.record(z.string(), parameterSchema),
  mainSteps: z.tuple([z.strictObject({ ...step, precondition, inputs: z.strictObject(inputs) })]),
});

export type DocumentContent = Omit<z.infer<typeof writtenSchema>, 'mainSteps'> & {
  readonly mainSteps: readonly [
    Omit<z.infer<typeof writtenSchema>['mainSteps'][0], 'inputs'> & {
      readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
    },
  ];
};

/**
 * Reads an SSM document: documents/<name>.yaml with the lines of documents/<name>.sh as its script. A document has to be
 * complete in itself, so each line `source shared/<topic>.sh` is replaced by that file. The first line, `#!`, makes the
 * agent, which otherwise uses sh, run the script by bash.
 * @throws ZodError where the YAML is not such a document; ENOENT where a file is missing
 */
export function loadDocument(name: string): { readonly name: string; readonly content: DocumentContent } {
  const read = (file: string): string => fs.readFileSync(path.join(__dirname, file), 'utf8').trimEnd();
  const written = writtenSchema.parse(parse(read(`${name}.yaml`)));
  const runCommand = read(`${name}.sh`)
    .split('\n')
    .flatMap((line) => {
      const shared = /^source (shared\/[a-z]+\.sh)$/.exec(line)?.[1];
      return shared === undefined ? [line] : read(shared).split('\n');
    });
  const [only] = written.mainSteps;
  return { name, content: { ...written, mainSteps: [{ ...only, inputs: { ...only.inputs, runCommand } }] } };
}
