import type * as z from 'zod';
import {
  changeKinds,
  type ChangeBefore,
  type ChangeKind,
  type ChangeTarget,
  type NeededRight,
  type PlannedChange,
  type RehearsedChange,
} from '../../contract/changes';
import { documentPhysicalName, type DocumentName } from '../../contract/documents';
import { ChangeStateError, ContractViolationError, LifeboatError } from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { requireRun } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { mistakes } from '../runtime/parse';

/** Rights that a change needs, as its kind says them: the actions on one resource, with the condition keys of the call. */
export interface Need {
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** What a rehearsal asks of a kind; `ChangeFunctions` has it. */
interface Rehearsable<K extends ChangeKind> {
  read(target: ChangeTarget<K>, run: RunRef): Promise<ChangeBefore<K>>;
  readonly needs?: (target: ChangeTarget<K>, run: RunRef) => Promise<readonly Need[]> | readonly Need[];
  readonly preconditions?: (target: ChangeTarget<K>, run: RunRef) => Promise<readonly Check[]>;
}

type Targets = { readonly [K in ChangeKind]: { readonly target: z.ZodType<ChangeTarget<K>> } };
const schemas: Targets = changeKinds;

const EVIDENCE = "read through the change's own function";

/** An error as the check that it makes fail; one that will pass by itself is thrown on, to be tried again. */
function checkOf(name: string, expected: string, error: unknown): Check {
  if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
  return { name, status: 'failed', expected, actual: `${error.name}: ${error.message}`, evidence: EVIDENCE };
}

/**
 * Rehearses a change: reads the state before as making it would, asks what has to be so, and says which rights it needs.
 * Changes nothing, and records nothing. What would refuse the change is a failed check.
 * @throws ContractViolationError where the planned target has not its kind's shape; ThrottledError, ServiceUnavailableError
 */
export async function rehearseChange<K extends ChangeKind>(
  kind: K,
  functions: Rehearsable<K>,
  { run, planned }: { readonly run: RunRef; readonly planned: PlannedChange },
): Promise<RehearsedChange> {
  if (run.mode !== 'rehearse') throw new ChangeStateError(`${run.id} is no rehearsal: it makes its changes.`);
  const target = schemas[kind].target.safeParse(planned.target);
  if (!target.success) {
    throw new ContractViolationError(
      `the planned target of ${planned.key} broke the contract: ${mistakes(target.error)}`,
    );
  }
  const checks: Check[] = [];
  const before = await stateBefore(functions, target.data, run, planned, checks);
  if (functions.preconditions !== undefined && !isUpon(planned)) {
    try {
      checks.push(...(await functions.preconditions(target.data, run)));
    } catch (error) {
      checks.push(checkOf(`${planned.step}: what has to be so`, 'it can be asked', error));
    }
  }
  const needs = functions.needs === undefined ? null : await functions.needs(target.data, run);
  if (needs === null) {
    checks.push({
      name: `${planned.step}: rights`,
      status: 'not-checkable',
      expected: 'every right that it needs',
      actual: `changes of kind ${kind} do not say which rights they need`,
      evidence: 'lambdas/changes',
    });
  }
  return { key: planned.key, before, checks, needs: (needs ?? []).map(rightOf) };
}

const isUpon = ({ upon }: PlannedChange): boolean => upon !== undefined && upon !== null;

async function stateBefore<K extends ChangeKind>(
  functions: Rehearsable<K>,
  target: ChangeTarget<K>,
  run: RunRef,
  planned: PlannedChange,
  checks: Check[],
): Promise<unknown> {
  const name = `${planned.step}: state before`;
  const expected = 'it can be read, and nothing stands against the change';
  // What another change makes has no state yet; that it will be as that one leaves it needs no check.
  if (isUpon(planned)) return null;
  if (planned.before !== undefined) {
    checks.push({ name, status: 'passed', expected, actual: 'read on the hosts', evidence: 'the plan read it' });
    return planned.before;
  }
  try {
    const before = await functions.read(target, run);
    checks.push({ name, status: 'passed', expected, actual: 'as listed', evidence: EVIDENCE });
    return before;
  } catch (error) {
    if (error instanceof ContractViolationError) {
      const actual = 'a host reads it when its turn comes';
      checks.push({ name, status: 'not-checkable', expected, actual, evidence: 'only a host can read it' });
    } else {
      checks.push(checkOf(name, expected, error));
    }
    return null;
  }
}

function rightOf({ actions, resource, context = {} }: Need): NeededRight {
  return {
    role: environment('roleArn'),
    actions: [...actions],
    resource,
    context: Object.entries(context).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyType: typeof value === 'string' ? ('string' as const) : ('stringList' as const),
      ContextKeyValues: typeof value === 'string' ? [value] : [...value],
    })),
  };
}

/** `arn:<partition>:<service>:<region>:<account>:<rest>` in the function's own account and region. */
export function ownArn(service: string, rest: string, region = process.env['AWS_REGION'] ?? ''): string {
  const [arn, partition, , , account] = environment('roleArn').split(':');
  return [arn, partition, service, region, account, rest].join(':');
}

/**
 * What sending these documents to hosts needs, each call with both its resources.
 * @param of whose hosts they are; where the database has none of its own, the application's reach it.
 */
export async function documentNeeds(
  run: RunRef,
  documents: readonly DocumentName[],
  hosts: readonly string[],
  of: 'application' | 'database' = 'application',
): Promise<Need[]> {
  const { description } = await requireRun(run.id);
  const own = of === 'database' ? description?.database.selfHosted : undefined;
  const tag = own?.tag ?? description?.hosts.tag;
  const context = tag === undefined ? {} : { [`ssm:resourceTag/${tag.key}`]: tag.value };
  const send = ['ssm:SendCommand'];
  return [
    ...documents.map((document) => ({
      actions: send,
      resource: ownArn('ssm', `document/${documentPhysicalName(run.environment, document)}`),
    })),
    ...hosts.map((host) => ({ actions: send, resource: ownArn('ec2', `instance/${host}`), context })),
    { actions: ['ssm:GetCommandInvocation', 'ssm:ListCommands', 'ssm:DescribeInstanceInformation'], resource: '*' },
  ];
}
