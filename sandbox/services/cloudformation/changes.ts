import { isDeepStrictEqual } from 'node:util';
import { type ResourceKind } from './resources';
import { references, resolved, type Template, type TemplateResource } from './template';

/** A resource of a stack, as CloudFormation remembers it. */
export interface StackResource {
  readonly physicalId: string;
  /** What the template said of it when it was made or last changed. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly type: string;
}

export type Drift = 'IN_SYNC' | 'MODIFIED' | 'DELETED';

/** What a change set does with one resource. */
export interface PlannedChange {
  readonly logicalId: string;
  readonly type: string;
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly physicalId: string | undefined;
  readonly replacement: 'True' | 'False' | undefined;
  readonly policyAction: 'Delete' | 'Retain' | 'Snapshot' | 'ReplaceAndDelete' | undefined;
  readonly drift: Drift | undefined;
  readonly differing: readonly Difference[];
}

/** A property that differs. */
export interface Difference {
  readonly name: string;
  /** Resources that are made by the same change set, by which alone it differs. */
  readonly causes: readonly string[];
  /** Whether somebody has set it since. */
  readonly drifted: boolean;
}

const differing = (wanted: Readonly<Record<string, unknown>>, is: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(wanted).filter((name) => !isDeepStrictEqual(wanted[name], is[name]));

/** How a resource stands against what the template said: only what it says of it is compared (CloudFormation guide, Detect drift). */
export function driftOf(kind: ResourceKind, { physicalId, properties }: StackResource): Drift {
  const actual = kind.read(physicalId);
  if (actual === undefined) return 'DELETED';
  return differing(properties, actual).length === 0 ? 'IN_SYNC' : 'MODIFIED';
}

function changeOf(
  logicalId: string,
  { type, properties }: TemplateResource,
  known: StackResource | undefined,
  kind: ResourceKind,
  revertsDrift: boolean,
  physical: (id: string) => string | undefined,
): PlannedChange | undefined {
  const common = { logicalId, type };
  const drift = known !== undefined && revertsDrift ? driftOf(kind, known) : undefined;
  if (known === undefined || drift === 'DELETED')
    return {
      ...common,
      action: 'Add',
      physicalId: undefined,
      replacement: undefined,
      policyAction: undefined,
      drift,
      differing: [],
    };
  const wanted = resolved(properties, physical);
  // A drift-aware change set compares with what is there; the ordinary one only with the template before.
  const is = revertsDrift ? (kind.read(known.physicalId) ?? {}) : known.properties;
  const names = differing(wanted, is);
  if (names.length === 0) return undefined;
  const replaced = names.some((name) => kind.createOnly.includes(name));
  return {
    ...common,
    action: 'Modify',
    physicalId: known.physicalId,
    replacement: replaced ? 'True' : 'False',
    policyAction: replaced ? 'ReplaceAndDelete' : undefined,
    drift,
    differing: names.map((name) => ({
      name,
      causes: references(wanted[name]),
      drifted: !isDeepStrictEqual(known.properties[name], is[name]),
    })),
  };
}

/** Whether a change set makes a resource, so that nobody knows its id before. */
const isMade = (kind: ResourceKind, known: StackResource | undefined, revertsDrift: boolean): boolean =>
  known === undefined || (revertsDrift && driftOf(kind, known) === 'DELETED');

/** What has to be done for a stack to be as a template says. */
export function plan(
  template: Template,
  resources: ReadonlyMap<string, StackResource>,
  policies: ReadonlyMap<string, TemplateResource>,
  kindOf: (type: string) => ResourceKind,
  revertsDrift: boolean,
): PlannedChange[] {
  const physical = (id: string): string | undefined => {
    const type = template.resources.get(id)?.type;
    const known = resources.get(id);
    return type === undefined || isMade(kindOf(type), known, revertsDrift) ? undefined : known?.physicalId;
  };
  const wanted = [...template.resources].flatMap(
    ([id, resource]) => changeOf(id, resource, resources.get(id), kindOf(resource.type), revertsDrift, physical) ?? [],
  );
  const removed = [...resources]
    .filter(([id]) => !template.resources.has(id))
    .map(([logicalId, { type, physicalId }]): PlannedChange => ({
      logicalId,
      type,
      action: 'Remove',
      physicalId,
      replacement: undefined,
      policyAction: policies.get(logicalId)?.deletionPolicy ?? 'Delete',
      drift: undefined,
      differing: [],
    }));
  return [...wanted, ...removed];
}

/** As DescribeChangeSet has it. */
export const describedChange = (change: PlannedChange, requires: (name: string) => boolean): object => ({
  Type: 'Resource',
  ResourceChange: {
    Action: change.action,
    LogicalResourceId: change.logicalId,
    ResourceType: change.type,
    ...(change.physicalId === undefined ? {} : { PhysicalResourceId: change.physicalId }),
    ...(change.replacement === undefined ? {} : { Replacement: change.replacement }),
    ...(change.policyAction === undefined ? {} : { PolicyAction: change.policyAction }),
    ...(change.drift === undefined ? {} : { ResourceDriftStatus: change.drift }),
    Scope: change.differing.length === 0 ? [] : ['Properties'],
    Details: change.differing.flatMap(({ name: Name, causes, drifted }) => {
      const Target = {
        Attribute: 'Properties',
        Name,
        RequiresRecreation: requires(Name) ? 'Always' : 'Never',
        ...(drifted && change.drift !== undefined ? { Drift: {} } : {}),
      };
      if (causes.length === 0) return [{ Target, Evaluation: 'Static', ChangeSource: 'DirectModification' }];
      return causes.map((CausingEntity) => ({
        Target,
        Evaluation: 'Dynamic',
        ChangeSource: 'ResourceReference',
        CausingEntity,
      }));
    }),
  },
});
