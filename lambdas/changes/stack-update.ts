import { ProvisioningFailedError } from '../../contract/errors';
import { cancelUpdate, executeChangeSet, failedEvents, findChangeSet, findStack } from '../gateways/stacks';
import { stackArn } from './change-set';
import { defineChange, type Change } from './define';

type Update = Change<'stack-update'>;

/** CloudFormation DescribeStacks. */
async function read({ stack }: Update['target']) {
  return { status: (await findStack(stack))?.status ?? null };
}

/** CloudFormation DescribeChangeSet, ExecuteChangeSet; one that a call before this one began goes on. */
async function apply({ target: { stack, changeSet } }: Update) {
  const found = await findChangeSet(stack, changeSet);
  if (found?.execution === 'AVAILABLE') await executeChangeSet(stack, changeSet, changeSet);
  else if (found?.execution.startsWith('EXECUTE') !== true)
    throw new ProvisioningFailedError(
      `The change set ${changeSet} of ${stack} is ${found === null ? 'gone' : `${found.execution}: ${found.reason}`}.`,
    );
  return {};
}

/**
 * CloudFormation DescribeStacks: done once the stack is complete.
 * @throws ProvisioningFailedError with CloudFormation's words where it went, or goes, back to what it was
 */
async function confirm({ target: { stack, changeSet } }: Update) {
  const found = await findStack(stack);
  if (found?.status === 'CREATE_COMPLETE' || found?.status === 'UPDATE_COMPLETE') {
    // A stack that was complete before it began says so until it begins.
    const execution = (await findChangeSet(stack, changeSet))?.execution ?? 'gone';
    return execution === 'EXECUTE_COMPLETE'
      ? { done: true }
      : { done: false, progress: `the execution is ${execution}` };
  }
  const working = [
    'REVIEW_IN_PROGRESS',
    'CREATE_IN_PROGRESS',
    'UPDATE_IN_PROGRESS',
    'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  ];
  if (found !== null && working.includes(found.status)) return { done: false, progress: found.status };
  const why = (await failedEvents(stack)).slice(0, 3).join('; ');
  throw new ProvisioningFailedError(
    `The stack ${stack} is ${found === null ? 'gone' : found.status}: ${why === '' ? (found?.reason ?? 'CloudFormation says no more') : why}`,
  );
}

/** Statuses in which CloudFormation still works on a stack. */
const isWorking = (status: string): boolean => status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';

/**
 * CloudFormation DescribeChangeSet, DescribeStacks, CancelUpdateStack: what this run has begun and is not complete goes back to
 * what it was. A stack that is being made cannot be cancelled and is let be made; what is complete stays (contract/undo.ts), and what
 * failed CloudFormation takes back by itself.
 */
async function undo({ target: { stack, changeSet } }: Update) {
  const ours = (await findChangeSet(stack, changeSet))?.execution === 'EXECUTE_IN_PROGRESS';
  const status = (await findStack(stack))?.status;
  const cancelled = ours && status === 'UPDATE_IN_PROGRESS' && (await cancelUpdate(stack, changeSet));
  return { cancelled, kept: stack };
}

/**
 * CloudFormation DescribeStacks: until it has come to rest nobody else may change anything.
 * @throws ProvisioningFailedError where it came to rest in a state that only a person can lead it out of
 */
async function confirmUndo({ target: { stack } }: Update) {
  const found = await findStack(stack);
  if (found !== null && isWorking(found.status)) return { done: false, progress: `${stack} is ${found.status}` };
  if (found?.status.endsWith('_FAILED'))
    throw new ProvisioningFailedError(
      `The stack ${stack} is ${found.status}: ${found.reason === '' ? 'CloudFormation says no more' : found.reason}. A person has to lead it on (ContinueUpdateRollback).`,
    );
  return { done: true };
}

const needs = ({ stack, changeSet }: Update['target']) => [
  {
    actions: ['cloudformation:ExecuteChangeSet'],
    resource: stackArn(stack),
    context: { 'cloudformation:ChangeSetName': changeSet },
  },
  {
    actions: [
      'cloudformation:CancelUpdateStack',
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStacks',
      'cloudformation:DescribeStackEvents',
    ],
    resource: stackArn(stack),
  },
];

export const handler = defineChange('stack-update', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
