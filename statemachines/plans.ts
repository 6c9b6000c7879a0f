import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { PlanMachine } from '../contract/plans';
import { autoScalingRollback } from './auto-scaling-rollback/definition';
import { configuration } from './configuration/definition';
import { databaseRecovery } from './database-recovery/definition';
import { databaseRollback } from './database-rollback/definition';
import { fileSystemRecovery } from './file-system-recovery/definition';
import { fileSystemRollback } from './file-system-rollback/definition';
import { fullSystemRecovery } from './full-system-recovery/definition';
import { applicationRecovery, applicationRollback } from './releases/definition';
import { infrastructureRecovery } from './infrastructure-recovery/definition';
import { loadBalancerRollback } from './load-balancer-rollback/definition';
import { selfHostedRecovery, selfHostedRollback } from './database-self-hosted/definition';
import { schemaRollback } from './schema-rollback/definition';
import type { Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';
import { crossRegionRecovery } from './regions/cross-region-recovery';
import { failBack } from './regions/fail-back';
import { undo } from './undo/definition';
import { takeSnapshot } from './take-snapshot/definition';

/** What a plan's definition is made with. */
export interface PlanProps {
  readonly functions: Functions;
  /** Another machine by its short name, for a plan that runs it. */
  readonly machine: (name: string) => IStateMachine;
}

type Definition = (scope: Construct, props: PlanProps) => MachineDefinition;

/** The state machines of the plans of the catalogue. */
export const planDefinitions: Readonly<Record<PlanMachine, Definition>> = {
  'load-balancer-rollback': (scope, { functions }) => loadBalancerRollback(scope, functions),
  'infrastructure-recovery': (scope, { functions }) => infrastructureRecovery(scope, functions),
  'auto-scaling-rollback': (scope, { functions }) => autoScalingRollback(scope, functions),
  'database-recovery': (scope, { functions }) => databaseRecovery(scope, functions),
  'database-recovery-self-hosted': (scope, { functions }) => selfHostedRecovery(scope, functions),
  'database-rollback': (scope, { functions }) => databaseRollback(scope, functions),
  'database-rollback-self-hosted': (scope, { functions }) => selfHostedRollback(scope, functions),
  'configuration-recovery': (scope, { functions }) => configuration(scope, functions, 'recovery'),
  'configuration-rollback': (scope, { functions }) => configuration(scope, functions, 'rollback'),
  'file-system-recovery': (scope, { functions }) => fileSystemRecovery(scope, functions),
  'file-system-rollback': (scope, { functions }) => fileSystemRollback(scope, functions),
  'take-snapshot': (scope, { functions }) => takeSnapshot(scope, functions),
  'application-recovery': (scope, { functions }) => applicationRecovery(scope, functions),
  'application-rollback': (scope, { functions }) => applicationRollback(scope, functions),
  'cross-region-recovery': (scope, { functions }) => crossRegionRecovery(scope, functions),
  'fail-back': (scope, { functions }) => failBack(scope, functions),
  'schema-rollback': (scope, { functions }) => schemaRollback(scope, functions),
  'full-system-recovery': (scope, { functions }) => fullSystemRecovery(scope, functions),
  undo: (scope, { functions }) => undo(scope, functions),
};
