import { planNames, type PlanName } from '../plans';
import { autoScalingRollbackPhases } from './auto-scaling-rollback';
import { configurationPhases } from './configuration';
import { databaseRecoveryPhases } from './database-recovery';
import { fileSystemRecoveryPhases } from './file-system-recovery';
import { fileSystemRollbackPhases } from './file-system-rollback';
import type { StepPhases } from './phase';
import { releasePhases } from './releases';
import { loadBalancerRollbackPhases } from './load-balancer-rollback';
import { recoveryPhases } from './recovery';
import { settlementPhases } from './settlement';
import { undoPhases } from './undo';
import { validationPhases } from './validation';
import { takeSnapshotPhases } from './take-snapshot';

export type ReportMachine = 'recovery' | PlanName | 'validation' | 'settlement';
/** The machines whose histories make a report's time line. */
export const reportMachines: readonly ReportMachine[] = ['recovery', ...planNames, 'validation', 'settlement'];

/**
 * The phase to which each state belongs, by machine and state name. A state that asks again for what another began
 * (`<name>: in force?`, `<name>: ended?`, its pauses) is not listed and belongs to the phase of the state before it.
 */
export const stepPhases: Record<ReportMachine, StepPhases> = {
  recovery: recoveryPhases,
  'database-recovery': databaseRecoveryPhases,
  'load-balancer-rollback': loadBalancerRollbackPhases,
  'auto-scaling-rollback': autoScalingRollbackPhases,
  undo: undoPhases,
  'file-system-recovery': fileSystemRecoveryPhases,
  'file-system-rollback': fileSystemRollbackPhases,
  'take-snapshot': takeSnapshotPhases,
  validation: validationPhases,
  'configuration-recovery': configurationPhases,
  'configuration-rollback': configurationPhases,
  'application-recovery': releasePhases,
  'application-rollback': releasePhases,
  settlement: settlementPhases,
};
