import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { descriptionSchema, type Description } from '../../contract/description';
import { BUNDLES, buildLambdas } from '../../lambdas/build';
import { lifeboatApp } from '../../lib/app';

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

/** Set for the test files that follow in the same process: bundling and synthesizing take seconds. */
const SHARED = `LIFEBOAT_TEST_ASSEMBLY_${process.pid}`;

/** What a deployment would upload, of the sources as they are. */
export function assembly(): string {
  const known = process.env[SHARED];
  if (known !== undefined && existsSync(join(known, 'cdk.out'))) return known;
  const outdir = folder();
  buildLambdas();
  lifeboatApp(BUNDLES, { outdir }).synth();
  process.env[SHARED] = outdir;
  return outdir;
}

/** The same with the database on a host of its own. */
export function assemblySelfHosted(): string {
  const outdir = folder();
  buildLambdas();
  lifeboatApp(BUNDLES, { outdir, context: { 'lifeboat:database': 'self-hosted' } }).synth();
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
    const value = change(descriptionSchema.parse(JSON.parse(found.data.Properties.Value)));
    return [id, { ...found.data, Properties: { ...found.data.Properties, Value: JSON.stringify(value) } }];
  });
  writeFileSync(file, JSON.stringify({ ...template, Resources: Object.fromEntries(changed) }));
  return copy;
}
