import { TemplateError } from '../errors';
import { type ResourceDeclaration } from './schema';

/**
 * The logical ids in an order in which each comes after everything that it refers to.
 * @throws TemplateError for a circle, as CloudFormation does, and for a DependsOn without its resource
 */
export function creationOrder(resources: Readonly<Record<string, ResourceDeclaration>>): string[] {
  const order: string[] = [];
  const state = new Map<string, 'under way' | 'done'>();
  const visit = (logicalId: string, trail: readonly string[]): void => {
    if (state.get(logicalId) === 'done') return;
    if (state.get(logicalId) === 'under way') {
      throw new TemplateError(`Circular dependency between resources: ${[...trail, logicalId].join(' → ')}`);
    }
    const resource = resources[logicalId];
    if (resource === undefined)
      throw new TemplateError(`${trail.at(-1) ?? ''} depends on ${logicalId}, which is not there`);
    state.set(logicalId, 'under way');
    for (const other of [...resource.DependsOn, ...references(resource.Properties)]) {
      if (resource.DependsOn.includes(other) || Object.hasOwn(resources, other)) visit(other, [...trail, logicalId]);
    }
    state.set(logicalId, 'done');
    order.push(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return order;
}

/** What a value refers to by Ref, Fn::GetAtt and Fn::Sub; parameters and pseudo parameters among them. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    if (key === 'Ref' && typeof item === 'string') return [item];
    if (key === 'Fn::GetAtt') return attributeOf(item);
    if (key === 'Fn::Sub') return [...substituted(item), ...references(item)];
    return references(item);
  });
}

function attributeOf(item: unknown): string[] {
  const name: unknown = Array.isArray(item) ? item[0] : item;
  return typeof name === 'string' ? [name.split('.')[0] ?? ''] : [];
}

function substituted(item: unknown): string[] {
  const template: unknown = Array.isArray(item) ? item[0] : item;
  if (typeof template !== 'string') return [];
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.split('.')[0] ?? '');
}
