import * as z from 'zod';
import { type StackAssembly, readTemplate } from './assembly';
import { type Infrastructure } from './infrastructure';
import { resourceKind } from './resources';
import { type Created, Resolver } from './template/intrinsics';
import { physicalName } from './template/names';
import { creationOrder } from './template/order';

const propertiesSchema = z.record(z.string(), z.unknown());

/** What a stack came to. */
export interface CreatedStack {
  /** By logical id. */
  readonly resources: ReadonlyMap<string, Created & { readonly type: string }>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Makes the resources of a stack, each after what it refers to.
 * @throws UnknownResourceTypeError, UnknownPropertyError, TemplateError by logical id, before or instead of making
 *   anything halfway; PolicyError, DefinitionError, … for what a service refuses
 */
export async function createStack(
  assembly: StackAssembly,
  infrastructure: Infrastructure,
  parameters: Readonly<Record<string, string>>,
): Promise<CreatedStack> {
  const { template, name: stack } = assembly;
  const { place } = infrastructure;
  const resources = new Map<string, Created & { readonly type: string }>();
  const resolver = new Resolver({
    template,
    parameters,
    created: (logicalId) => resources.get(logicalId),
    pseudo: {
      'AWS::AccountId': place.account,
      'AWS::Region': place.region,
      'AWS::Partition': place.partition,
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack,
      'AWS::StackId': `arn:${place.partition}:cloudformation:${place.region}:${place.account}:stack/${stack}/sandbox`,
    },
  });
  const wanted = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || resolver.condition(Condition),
  );
  // Every type is looked at before the first resource is made.
  for (const [logicalId, { Type }] of wanted) resourceKind(Type, logicalId);
  const declared = new Map(wanted);
  for (const logicalId of creationOrder(template.Resources)) {
    const resource = declared.get(logicalId);
    if (resource === undefined) continue;
    const properties = propertiesSchema.parse(
      resolver.resolve(resource.Properties, `Resources.${logicalId}.Properties`),
    );
    const created = await resourceKind(resource.Type, logicalId).create(properties, {
      ...infrastructure,
      logicalId,
      physicalName: (longest, lowerCase) => physicalName(stack, logicalId, longest, lowerCase),
      asset: assembly.asset,
      nested: async (templateFile, given) => {
        const inside = { ...assembly, name: `${stack}-${logicalId}`, template: readTemplate(templateFile) };
        return (await createStack(inside, infrastructure, given)).outputs;
      },
    });
    resources.set(logicalId, { ...created, type: resource.Type });
  }
  const outputs = Object.entries(template.Outputs)
    .filter(([, { Condition }]) => Condition === undefined || resolver.condition(Condition))
    .map(([name, { Value }]) => [name, resolver.resolve(Value, `Outputs.${name}`)] as const);
  return { resources, outputs: Object.fromEntries(outputs) };
}
