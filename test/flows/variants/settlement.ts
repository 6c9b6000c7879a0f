import { liftable } from '../../../contract/undo';
import { description, run } from '../answers';
import type { Script } from '../flow';
import type { Variant } from './variant';

const undoing = (...kinds: readonly string[]): Script => ({
  functions: {
    'settle-plan': { undo: kinds.map((kind) => ({ key: `the-${kind}`, kind })), pointOfNoReturnPassed: false },
  },
});
const claim = (more: object) => ({
  'settle-claim': {
    claimed: true,
    outcome: { status: 'failed', error: 'X', cause: 'y' },
    run,
    publicUrl: 'http://x',
    targetGroupArn: description.loadBalancer.targetGroupArn,
    ...more,
  },
});

export const settlement: readonly Variant[] = [
  { name: 'one change', script: undoing('maintenance-page') },
  { name: 'a change of every kind that is taken back', script: undoing(...liftable) },
  { name: 'nothing to take back', script: { functions: claim({}) } },
  {
    name: 'a run that never had a lease nor knew its application',
    script: { functions: claim({ run: null, publicUrl: null, targetGroupArn: null }) },
  },
  {
    name: 'a run without a description that had suspended Auto Scaling',
    script: {
      functions: {
        ...undoing('auto-scaling-processes').functions,
        ...claim({ publicUrl: null, targetGroupArn: null }),
      },
    },
  },
  { name: 'settled by another', script: { functions: claim({ claimed: false }) } },
  { name: 'a kind without a way back', script: undoing('master-login', 'maintenance-page'), ends: 'UndoIncomplete' },
];
