import { changeArguments, changeKindNames, changeKinds, changeResultSchema, type ChangeKind } from '../changes';
import { task } from './task';

const common = [
  'LeaseLostError',
  'ChangeConflictError',
  'ChangeStateError',
  'ChangeNotConfirmedError',
  'UndoFailedError',
] as const;

/** The function of one kind of change; `lambdas/changes/<kind>.ts`, deployed as `change-<kind>`. */
export function changeTask(kind: ChangeKind) {
  return task({
    name: `change-${kind}`,
    capability: 'changes',
    does: `Applies, confirms and undoes a change of kind ${kind}, with the state before it in the journal.`,
    arguments: changeArguments(kind),
    result: changeResultSchema,
    throws: [...common, ...changeKinds[kind].throws],
    timeoutSeconds: 60,
  });
}

export const changeTasks = changeKindNames.map((kind) => changeTask(kind));
