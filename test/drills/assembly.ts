import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { stored } from '../../config/stored';
import { descriptionSchema, unstored, type Description } from '../../contract/description';
import { BUNDLES, buildLambdas } from '../../lambdas/build';
import { DATABASE_CONTEXT, lifeboatApp, STACKS_CONTEXT } from '../../lib/app';

export const STACK = 'Lifeboat-drill';

const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const created = mkdtempSync(join(tmpdir(), 'lifeboat-drills-'));
  made.push(created);
  return created;
}

/** The same in the standby region. */
export const STANDBY_STACK = 'Lifeboat-drill-standby';

/** Set for the test files that follow in the same process: bundling and synthesizing take seconds. */
const shared = (stack: string) => `LIFEBOAT_TEST_ASSEMBLY_${process.pid}_${stack.replaceAll('-', '_')}`;

/** What a deployment would upload, of the sources as they are. */
export function assembly(stack = STACK): string {
  const known = process.env[shared(stack)];
  if (known !== undefined && existsSync(join(known, 'cdk.out'))) return known;
  const outdir = folder();
  buildLambdas();
  lifeboatApp(BUNDLES, { outdir, context: { [STACKS_CONTEXT]: stack } }).synth();
  process.env[shared(stack)] = outdir;
  return outdir;
}

/** The same with the database on a host of its own. */
export function assemblySelfHosted(): string {
  const outdir = folder();
  buildLambdas();
  lifeboatApp(BUNDLES, { outdir, context: { [DATABASE_CONTEXT]: 'self-hosted', [STACKS_CONTEXT]: STACK } }).synth();
  return outdir;
}

const parameter = z.looseObject({
  Type: z.literal('AWS::SSM::Parameter'),
  Properties: z.looseObject({ Value: z.string() }),
});
const templateSchema = z.looseObject({ Resources: z.record(z.string(), z.unknown()) });

/** The same with a changed description, as if config/ said so. */
export function assemblyWith(change: (description: Description) => Description): string {
  const copy = folder();
  cpSync(assembly(), copy, { recursive: true });
  const file = join(copy, `${STACK}.template.json`);
  const template = templateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const changed = Object.entries(template.Resources).map(([id, resource]): [string, unknown] => {
    const found = parameter.safeParse(resource);
    if (!found.success) return [id, resource];
    const value = change(descriptionSchema.parse(JSON.parse(unstored(found.data.Properties.Value))));
    return [id, { ...found.data, Properties: { ...found.data.Properties, Value: stored(value) } }];
  });
  writeFileSync(file, JSON.stringify({ ...template, Resources: Object.fromEntries(changed) }));
  return copy;
}
