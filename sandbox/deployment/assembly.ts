import { readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { AssemblyError } from './errors';
import { type Template, templateSchema } from './template/schema';

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      environment: z.string().optional(),
      displayName: z.string().optional(),
      properties: z
        .object({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          file: z.string().optional(),
          tags: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
      dependencies: z.array(z.string()).optional(),
    }),
  ),
});
const assetManifestSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
        destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
      }),
    )
    .default({}),
});

/** One stack of a cloud assembly. */
export interface StackAssembly {
  readonly name: string;
  readonly template: Template;
  readonly tags: Readonly<Record<string, string>>;
  /** Account and region that the stack was synthesized for; undefined where it is agnostic of them. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** The folder or file that is uploaded as this object of the assets' bucket. @throws AssemblyError */
  readonly asset: (objectKey: string) => string;
}

/**
 * Reads one stack of the folder that a deployment would upload (`cdk.out`).
 * @throws AssemblyError where the folder is not a cloud assembly or has no such stack, naming those it has
 */
export function readStack(folder: string, stack: string): StackAssembly {
  const manifest = read(path.join(folder, 'manifest.json'), manifestSchema);
  const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const found = stacks.find(([id, { properties }]) => id === stack || properties?.stackName === stack);
  if (found === undefined) {
    throw new AssemblyError(`${folder} has no stack ${stack}; it has: ${stacks.map(([id]) => id).join(', ')}`);
  }
  const [id, artifact] = found;
  const { templateFile } = artifact.properties ?? {};
  if (templateFile === undefined) throw new AssemblyError(`The stack ${stack} has no template`);
  const assets = new Map<string, string>();
  for (const dependency of artifact.dependencies ?? []) {
    const file = manifest.artifacts[dependency]?.properties?.file;
    if (manifest.artifacts[dependency]?.type !== 'cdk:asset-manifest' || file === undefined) continue;
    for (const { source, destinations } of Object.values(read(path.join(folder, file), assetManifestSchema).files)) {
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path.join(folder, source.path));
    }
  }
  const asset = (objectKey: string): string => {
    const found = assets.get(objectKey);
    if (found === undefined) throw new AssemblyError(`The stack ${stack} uploads no asset ${objectKey}`);
    return found;
  };
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/');
  const known = (value: string | undefined): string | undefined =>
    value === undefined || value === '' || value.startsWith('unknown-') ? undefined : value;
  return {
    name: artifact.properties?.stackName ?? id,
    template: readTemplate(path.join(folder, templateFile)),
    tags: artifact.properties?.tags ?? {},
    account: known(account),
    region: known(region),
    asset,
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: a template in S3, and its resources. */
const TEMPLATE_BYTES = 1_048_576;
const TEMPLATE_RESOURCES = 500;

/** @throws AssemblyError for what is no template, and for one that CloudFormation would not take for its size */
export function readTemplate(file: string): Template {
  const template = read(file, templateSchema);
  const { size } = statSync(file);
  if (size > TEMPLATE_BYTES)
    throw new AssemblyError(`${file} has ${size} bytes; CloudFormation takes templates of up to ${TEMPLATE_BYTES}`);
  const resources = Object.keys(template.Resources).length;
  if (resources > TEMPLATE_RESOURCES)
    throw new AssemblyError(`${file} has ${resources} resources; CloudFormation takes up to ${TEMPLATE_RESOURCES}`);
  return template;
}

function read<T>(file: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AssemblyError(`${file} cannot be read as JSON`, { cause });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new AssemblyError(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
