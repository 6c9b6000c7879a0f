import type { ChangeKind } from '../changes';
import { phase, type StepPhases } from './phase';

/**
 * The steps by which a plan is rehearsed, and by which a person is asked (statemachines/fragments/rehearsal.ts, approval.ts);
 * `kinds`: of every change that it intends.
 */
export const rehearsing = (...kinds: readonly ChangeKind[]): StepPhases =>
  phase(
    'decide',
    'Rehearse each change',
    ...kinds.map((kind) => `Rehearse ${kind}`),
    'Ask IAM for each right',
    'Ask IAM',
    'Write down the rehearsal',
    'Who has to be asked',
    'Wait for the decision',
    'What was decided',
  );
