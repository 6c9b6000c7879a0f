import { liftable } from '../undo';
import { phase, type StepPhases } from './phase';

export const settlementPhases: StepPhases = {
  ...phase(
    'settle',
    'Claim the settling',
    'Nothing of the run goes on',
    'Read the journal backwards',
    'Take back what must not stay',
    'Take it back',
    'Are all targets healthy again?',
    // Of every kind that settling takes back.
    ...liftable.map((kind) => `Take back ${kind}`),
    'Record that it stays',
    'Is the application healthy from outside?',
    'Write the report',
    'Tell the people',
    'Give the lease back',
  ),
};
