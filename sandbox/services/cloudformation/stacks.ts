import { randomUUID } from 'node:crypto';
import { type Clock } from '../../../asl';
import { type Place, regionalArn } from '../place';
import { AwsError } from '../service';
import { type PlannedChange, type StackResource, plan } from './changes';
import { type ResourceKind } from './resources';
import { readTemplate, references, resolved, type Template } from './template';

export interface StackEvent {
  readonly id: string;
  readonly at: Date;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly revertsDrift: boolean;
  readonly onFailure: 'DELETE' | 'ROLLBACK';
  readonly description: string | undefined;
  readonly createdAt: Date;
  readonly template: Template;
  status: 'CREATE_PENDING' | 'CREATE_IN_PROGRESS' | 'CREATE_COMPLETE' | 'FAILED' | 'DELETE_COMPLETE';
  reason: string | undefined;
  execution: 'UNAVAILABLE' | 'AVAILABLE' | 'EXECUTE_IN_PROGRESS' | 'EXECUTE_COMPLETE' | 'EXECUTE_FAILED' | 'OBSOLETE';
  changes: readonly PlannedChange[];
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  status: string;
  reason: string | undefined;
  template: Template | undefined;
  roleArn: string | undefined;
  readonly tags: Map<string, string>;
  readonly resources: Map<string, StackResource>;
  readonly changeSets: Map<string, ChangeSet>;
  /** Newest first. */
  readonly events: StackEvent[];
}

/** How long each takes beside what it makes, seconds. */
const PENDING_SECONDS = 2;
const PLANNING_SECONDS = 6;
const RESOURCE_SECONDS = 5;
const CLEANUP_SECONDS = 3;

const validation = (words: string): AwsError => new AwsError('ValidationError', words);

/** What was done of an execution, so that it can be taken back. */
interface Done {
  readonly change: PlannedChange;
  readonly before: StackResource | undefined;
  readonly actual: Readonly<Record<string, unknown>> | undefined;
}

/** Stacks with their change sets, executed one resource after the other in the clock's time. */
export class Stacks {
  readonly #stacks: Stack[] = [];
  /** Updates that somebody has cancelled: they go back once the resource under way is done. */
  readonly #cancelled = new Set<ChangeSet>();
  /** The next resource of this logical id cannot be made or changed, and why: a fault of a drill. */
  readonly failNext = new Map<string, string>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly kinds: ReadonlyMap<string, ResourceKind>,
  ) {}

  /** @throws AwsError ValidationError for a type that nobody simulates */
  readonly kindOf = (type: string): ResourceKind => {
    const kind = this.kinds.get(type);
    if (kind === undefined)
      throw validation(`Template format error: Unrecognized resource types: [${type}] (the sandbox knows none such)`);
    return kind;
  };

  /**
   * A stack that was made long ago, of resources that are there, in place of any of that name.
   * @param physical by logical id
   */
  adopt(name: string, template: Template, physical: ReadonlyMap<string, string>): Stack {
    const before = this.find(name);
    if (before !== undefined) this.#stacks.splice(this.#stacks.indexOf(before), 1);
    const stack = this.#make(name, 'CREATE_COMPLETE');
    stack.template = template;
    for (const [id, { type, properties }] of template.resources) {
      const physicalId = physical.get(id);
      if (physicalId === undefined) throw new TypeError(`the stack ${name} has no ${id}`);
      const known = resolved(properties, (each) => physical.get(each));
      stack.resources.set(id, { physicalId, properties: known, type });
    }
    return stack;
  }

  /** A stack by name or id; one that was deleted only by its id. @throws AwsError ValidationError */
  get(nameOrId: string): Stack {
    const found = this.find(nameOrId);
    if (found === undefined) throw validation(`Stack with id ${nameOrId} does not exist`);
    return found;
  }

  find(nameOrId: string): Stack | undefined {
    return this.#stacks.find(
      ({ id, name, status }) => id === nameOrId || (name === nameOrId && status !== 'DELETE_COMPLETE'),
    );
  }

  /** The ARN that a call about it is authorized on: of one that is not there any id. */
  arn(nameOrId: string): string {
    if (nameOrId.startsWith('arn:')) return nameOrId;
    return this.find(nameOrId)?.id ?? regionalArn(this.place, 'cloudformation', `stack/${nameOrId}/*`);
  }

  /** @throws AwsError ValidationError, AlreadyExistsException */
  createChangeSet(given: {
    readonly stack: string;
    readonly name: string;
    readonly type: 'CREATE' | 'UPDATE';
    /** Undefined: that of the stack. */
    readonly body: string | undefined;
    readonly parameters: readonly { readonly key: string; readonly value: string | undefined }[];
    readonly revertsDrift: boolean;
    readonly onFailure: 'DELETE' | 'ROLLBACK';
    readonly description: string | undefined;
    readonly roleArn: string | undefined;
    readonly tags: ReadonlyMap<string, string>;
  }): { stack: Stack; set: ChangeSet } {
    const known = this.find(given.stack);
    if (given.type === 'UPDATE' && known === undefined) throw validation(`Stack [${given.stack}] does not exist`);
    if (given.type === 'CREATE' && known !== undefined && known.status !== 'REVIEW_IN_PROGRESS')
      throw validation(
        `Stack [${given.stack}] already exists and cannot be created again with the changeSet [${given.name}].`,
      );
    if (given.type === 'UPDATE' && known?.status === 'REVIEW_IN_PROGRESS')
      throw validation(`Stack:${known.id} is in REVIEW_IN_PROGRESS state and can not be updated.`);
    const stack = known ?? this.#make(given.stack, 'REVIEW_IN_PROGRESS');
    if ([...stack.changeSets.values()].some(({ name, status }) => name === given.name && status !== 'DELETE_COMPLETE'))
      throw new AwsError('AlreadyExistsException', `ChangeSet ${given.name} already exists`);
    if (stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS')
      throw validation(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    const body = given.body ?? stack.template?.body;
    if (body === undefined) throw validation('Either Template URL or Template Body must be specified.');
    const parameters = Object.fromEntries(
      given.parameters.flatMap(({ key, value }) => {
        const used = value ?? stack.template?.parameters.get(key);
        if (used === undefined)
          throw validation(
            `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
          );
        return [[key, used] as const];
      }),
    );
    const template = readTemplate(body, parameters);
    for (const { type } of template.resources.values()) this.kindOf(type);
    if (given.roleArn !== undefined) stack.roleArn = given.roleArn;
    for (const [key, value] of given.tags) stack.tags.set(key, value);
    const set: ChangeSet = {
      id: regionalArn(this.place, 'cloudformation', `changeSet/${given.name}/${randomUUID()}`),
      name: given.name,
      type: given.type,
      revertsDrift: given.revertsDrift,
      onFailure: given.onFailure,
      description: given.description,
      createdAt: this.#now(),
      template,
      status: 'CREATE_PENDING',
      reason: undefined,
      execution: 'UNAVAILABLE',
      changes: [],
    };
    stack.changeSets.set(set.id, set);
    this.#later(PENDING_SECONDS, () => {
      if (set.status !== 'CREATE_PENDING') return;
      set.status = 'CREATE_IN_PROGRESS';
      this.#later(PLANNING_SECONDS, () => {
        if (set.status === 'CREATE_IN_PROGRESS') this.#planned(stack, set);
      });
    });
    return { stack, set };
  }

  #planned(stack: Stack, set: ChangeSet): void {
    const policies = stack.template?.resources ?? new Map();
    set.changes = plan(set.template, stack.resources, policies, this.kindOf, set.revertsDrift);
    if (set.changes.length === 0) {
      set.status = 'FAILED';
      set.reason =
        "The submitted information didn't contain changes. Submit different information to create a change set.";
      return;
    }
    set.status = 'CREATE_COMPLETE';
    set.execution = 'AVAILABLE';
  }

  /** @throws AwsError ChangeSetNotFoundException */
  changeSet(stack: Stack, nameOrId: string): ChangeSet {
    const found = [...stack.changeSets.values()].find(
      ({ id, name, status }) => (id === nameOrId || name === nameOrId) && status !== 'DELETE_COMPLETE',
    );
    if (found === undefined)
      throw new AwsError('ChangeSetNotFoundException', `ChangeSet [${nameOrId}] does not exist`, 404);
    return found;
  }

  /** @throws AwsError InvalidChangeSetStatusException */
  deleteChangeSet(stack: Stack, nameOrId: string): void {
    const set = this.changeSet(stack, nameOrId);
    if (set.execution === 'EXECUTE_IN_PROGRESS')
      throw new AwsError(
        'InvalidChangeSetStatusException',
        `ChangeSet [${set.id}] cannot be deleted in its current execution status of [${set.execution}]`,
      );
    set.status = 'DELETE_COMPLETE';
    set.execution = 'UNAVAILABLE';
  }

  /** @throws AwsError InvalidChangeSetStatusException */
  execute(stack: Stack, nameOrId: string): void {
    const set = this.changeSet(stack, nameOrId);
    if (set.execution !== 'AVAILABLE')
      throw new AwsError(
        'InvalidChangeSetStatusException',
        `ChangeSet [${set.id}] cannot be executed in its current execution status of [${set.execution}]`,
      );
    set.execution = 'EXECUTE_IN_PROGRESS';
    // "CloudFormation deletes all other change sets associated with the stack" (CloudFormation API, ExecuteChangeSet).
    for (const other of stack.changeSets.values()) if (other !== set) other.status = 'DELETE_COMPLETE';
    const word = set.type === 'CREATE' ? 'CREATE' : 'UPDATE';
    this.#become(stack, `${word}_IN_PROGRESS`, 'User Initiated');
    this.#next(stack, set, [...set.changes], []);
  }

  /**
   * What was done so far of an update is taken back.
   * @throws AwsError ValidationError unless it is under way
   */
  cancel(stack: Stack): void {
    const set = [...stack.changeSets.values()].find(({ execution }) => execution === 'EXECUTE_IN_PROGRESS');
    if (stack.status !== 'UPDATE_IN_PROGRESS' || set === undefined)
      throw validation('CancelUpdateStack cannot be called from current stack status');
    this.#cancelled.add(set);
  }

  #next(stack: Stack, set: ChangeSet, left: PlannedChange[], done: Done[]): void {
    if (this.#cancelled.has(set)) {
      this.#goBack(stack, set, done);
      return;
    }
    const change = left.shift();
    const word = set.type === 'CREATE' ? 'CREATE' : 'UPDATE';
    if (change === undefined) {
      stack.template = set.template;
      if (word === 'UPDATE') this.#become(stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
      this.#later(CLEANUP_SECONDS, () => {
        this.#become(stack, `${word}_COMPLETE`);
        set.execution = 'EXECUTE_COMPLETE';
      });
      return;
    }
    const verb = { Add: 'CREATE', Modify: 'UPDATE', Remove: 'DELETE' }[change.action];
    this.#note(stack, change, `${verb}_IN_PROGRESS`);
    this.#later(RESOURCE_SECONDS, () => {
      const before = stack.resources.get(change.logicalId);
      const actual = before === undefined ? undefined : this.kindOf(change.type).read(before.physicalId);
      try {
        const failure = this.failNext.get(change.logicalId);
        this.failNext.delete(change.logicalId);
        if (failure !== undefined) throw validation(failure);
        this.#do(stack, set, change);
      } catch (error) {
        this.#note(stack, change, `${verb}_FAILED`, error instanceof Error ? error.message : String(error));
        this.#goBack(stack, set, done);
        return;
      }
      this.#note(stack, change, `${verb}_COMPLETE`);
      this.#next(stack, set, left, [...done, { change, before, actual }]);
    });
  }

  #do(stack: Stack, { template }: ChangeSet, change: PlannedChange): void {
    const { logicalId, type, action, physicalId, replacement } = change;
    const kind = this.kindOf(type);
    const properties = resolved(
      template.resources.get(logicalId)?.properties ?? {},
      (id) => stack.resources.get(id)?.physicalId,
    );
    const [unmade] = references(properties);
    if (unmade !== undefined) throw new TypeError(`${logicalId} comes before ${unmade} in the template`);
    if (action === 'Remove') {
      if (change.policyAction !== 'Retain' && physicalId !== undefined) kind.remove(physicalId);
      stack.resources.delete(logicalId);
      return;
    }
    if (action === 'Modify' && replacement !== 'True' && physicalId !== undefined) kind.update(physicalId, properties);
    const made = action === 'Add' || replacement === 'True' ? kind.create(properties) : physicalId;
    if (made === undefined) throw new TypeError(`${logicalId} has no physical id`);
    stack.resources.set(logicalId, { physicalId: made, properties, type });
    if (replacement === 'True' && physicalId !== undefined) kind.remove(physicalId);
  }

  /** What was done is taken back, last first; of a stack that was to be made nothing is left. */
  #goBack(stack: Stack, set: ChangeSet, done: readonly Done[]): void {
    set.execution = 'EXECUTE_FAILED';
    const making = set.type === 'CREATE';
    this.#become(
      stack,
      making ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed',
    );
    this.#later(RESOURCE_SECONDS * Math.max(done.length, 1), () => {
      for (const { change, before, actual } of done.toReversed()) {
        const kind = this.kindOf(change.type);
        const now = stack.resources.get(change.logicalId);
        if (now !== undefined && now.physicalId !== before?.physicalId) kind.remove(now.physicalId);
        else if (now !== undefined && actual !== undefined) kind.update(now.physicalId, actual);
        if (before === undefined) stack.resources.delete(change.logicalId);
        else stack.resources.set(change.logicalId, before);
      }
      if (!making) this.#become(stack, 'UPDATE_ROLLBACK_COMPLETE');
      else this.#become(stack, set.onFailure === 'DELETE' ? 'DELETE_COMPLETE' : 'ROLLBACK_COMPLETE');
    });
  }

  /** Resources go with it, but for those that are to be retained. One that is not there is no error (CloudFormation API). */
  deleteStack(nameOrId: string): void {
    const stack = this.find(nameOrId);
    if (stack === undefined || stack.status === 'DELETE_COMPLETE') return;
    if (stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS')
      throw validation(`Stack [${stack.name}] cannot be deleted while in status ${stack.status}`);
    this.#become(stack, 'DELETE_IN_PROGRESS', 'User Initiated');
    this.#later(RESOURCE_SECONDS * Math.max(stack.resources.size, 1), () => {
      for (const [id, { type, physicalId }] of [...stack.resources].toReversed()) {
        if (stack.template?.resources.get(id)?.deletionPolicy !== 'Retain') this.kindOf(type).remove(physicalId);
        stack.resources.delete(id);
      }
      this.#become(stack, 'DELETE_COMPLETE');
    });
  }

  #make(name: string, status: string): Stack {
    const stack: Stack = {
      id: regionalArn(this.place, 'cloudformation', `stack/${name}/${randomUUID()}`),
      name,
      createdAt: this.#now(),
      status: '',
      reason: undefined,
      template: undefined,
      roleArn: undefined,
      tags: new Map(),
      resources: new Map(),
      changeSets: new Map(),
      events: [],
    };
    this.#stacks.push(stack);
    this.#become(stack, status);
    return stack;
  }

  #become(stack: Stack, status: string, reason?: string): void {
    stack.status = status;
    stack.reason = reason;
    const itself = { logicalId: stack.name, physicalId: stack.id, type: 'AWS::CloudFormation::Stack' };
    stack.events.unshift({ id: randomUUID(), at: this.#now(), ...itself, status, reason });
  }

  #note(stack: Stack, { logicalId, type, physicalId }: PlannedChange, status: string, reason?: string): void {
    const known = stack.resources.get(logicalId)?.physicalId ?? physicalId ?? '';
    stack.events.unshift({ id: randomUUID(), at: this.#now(), logicalId, physicalId: known, type, status, reason });
  }

  #now(): Date {
    return new Date(this.clock.now().at);
  }

  #later(seconds: number, then: () => void): void {
    this.clock.after(seconds * 1000, then, { background: true });
  }
}
