import { planMachineNames, type PlanMachine } from '../plans';
import { autoScalingRollbackPhases } from './auto-scaling-rollback';
import { configurationPhases } from './configuration';
import { databaseRecoveryPhases } from './database-recovery';
import { databaseRollbackPhases, selfHostedRollbackPhases } from './database-rollback';
import { fileSystemRecoveryPhases } from './file-system-recovery';
import { fileSystemRollbackPhases } from './file-system-rollback';
import { infrastructureRecoveryPhases } from './infrastructure-recovery';
import { fullSystemRecoveryPhases } from './full-system-recovery';
import { selfHostedRecoveryPhases } from './database-self-hosted';
import type { StepPhases } from './phase';
import { crossRegionRecoveryPhases, failBackPhases } from './regions';
import { releasePhases } from './releases';
import { loadBalancerRollbackPhases } from './load-balancer-rollback';
import { recoveryPhases } from './recovery';
import { schemaRollbackPhases } from './schema-rollback';
import { settlementPhases } from './settlement';
import { undoPhases } from './undo';
import { validationPhases } from './validation';
import { takeSnapshotPhases } from './take-snapshot';

export type ReportMachine = 'recovery' | PlanMachine | 'validation' | 'settlement';
/** The machines whose histories make a report's time line. */
export const reportMachines: readonly ReportMachine[] = ['recovery', ...planMachineNames, 'validation', 'settlement'];

/**
 * The phase to which each state belongs, by machine and state name. A state that asks again for what another began
 * (`<name>: in force?`, `<name>: ended?`, its pauses) is not listed and belongs to the phase of the state before it.
 */
export const stepPhases: Record<ReportMachine, StepPhases> = {
  recovery: recoveryPhases,
  'database-recovery': databaseRecoveryPhases,
  'load-balancer-rollback': loadBalancerRollbackPhases,
  'infrastructure-recovery': infrastructureRecoveryPhases,
  'database-recovery-self-hosted': selfHostedRecoveryPhases,
  'database-rollback': databaseRollbackPhases,
  'database-rollback-self-hosted': selfHostedRollbackPhases,
  'auto-scaling-rollback': autoScalingRollbackPhases,
  'file-system-recovery': fileSystemRecoveryPhases,
  'configuration-recovery': configurationPhases,
  'configuration-rollback': configurationPhases,
  'file-system-rollback': fileSystemRollbackPhases,
  'take-snapshot': takeSnapshotPhases,
  'application-recovery': releasePhases,
  'application-rollback': releasePhases,
  'cross-region-recovery': crossRegionRecoveryPhases,
  'fail-back': failBackPhases,
  'schema-rollback': schemaRollbackPhases,
  'full-system-recovery': fullSystemRecoveryPhases,
  undo: undoPhases,
  validation: validationPhases,
  settlement: settlementPhases,
};
