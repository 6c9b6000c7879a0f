import { changeArguments, changeKindNames, changeResultSchema, type ChangeKind } from '../changes';
import type { ErrorName } from '../errors';
import { task } from './task';

const common = [
  'LeaseLostError',
  'ChangeConflictError',
  'ChangeStateError',
  'ChangeNotConfirmedError',
  'UndoFailedError',
] as const;
const own: Record<ChangeKind, readonly ErrorName[]> = {
  'auto-scaling-processes': [],
  'maintenance-page': [],
  services: ['DocumentFailedError', 'DocumentTimedOutError', 'HostSilentError', 'HostOfflineError'],
  'database-fence': [
    'FenceFailedError',
    'DatabaseUnreachableError',
    'DocumentFailedError',
    'DocumentTimedOutError',
    'HostSilentError',
    'HostOfflineError',
  ],
  'network-fence': [],
  'database-replacement': ['RestoreFailedError', 'RestoreTimeOutOfRangeError', 'RecoverySourceMissingError'],
  'database-settings': ['RestoreFailedError'],
  'master-login': [],
  'dns-record': [],
  'instance-rename': [],
  'database-alarms': [],
  'first-backup': [],
  'kept-instance': [],
};

/** The function of one kind of change; `lambdas/changes/<kind>.ts`, deployed as `change-<kind>`. */
export function changeTask(kind: ChangeKind) {
  return task({
    name: `change-${kind}`,
    capability: 'changes',
    does: `Applies, confirms and undoes a change of kind ${kind}, with the state before it in the journal.`,
    arguments: changeArguments(kind),
    result: changeResultSchema,
    throws: [...common, ...own[kind]],
    timeoutSeconds: 60,
  });
}

export const changeTasks = changeKindNames.map((kind) => changeTask(kind));
