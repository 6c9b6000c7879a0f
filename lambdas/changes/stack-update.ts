import { ProvisioningFailedError } from '../../contract/errors';
import { executeChangeSet, failedEvents, findChangeSet, findStack } from '../gateways/stacks';
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

/** What CloudFormation provisioned stays (contract/undo.ts); what of it failed CloudFormation takes back by itself. */
function undo({ target: { stack } }: Update) {
  return Promise.resolve({ kept: stack });
}

const needs = ({ stack, changeSet }: Update['target']) => [
  {
    actions: ['cloudformation:ExecuteChangeSet'],
    resource: stackArn(stack),
    context: { 'cloudformation:ChangeSetName': changeSet },
  },
  {
    actions: [
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
  confirmUndo: () => Promise.resolve({ done: true }),
  oneCall: true,
  needs,
});
