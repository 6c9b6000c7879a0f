import * as z from 'zod';
import { planMachineNames } from '../../../contract/plans';
import { usualInput, type Outcome } from '../flow';
import { autoScalingRollback } from './auto-scaling-rollback';
import { configurationVariants } from './configuration';
import { databaseRecovery } from './database-recovery';
import { databaseRollback, selfHostedRollback } from './database-rollback';
import { fileSystemRecovery } from './file-system-recovery';
import { fileSystemRollback } from './file-system-rollback';
import { infrastructureRecovery } from './infrastructure-recovery';
import { selfHosted } from './database-self-hosted';
import { integrityProbe } from './integrity-probe';
import { crossRegionRecovery, failBack } from './regions';
import { releaseProbe, releases, schemaRollback } from './releases';
import { fullSystemRecovery } from './full-system-recovery';
import { loadBalancerRollback } from './load-balancer-rollback';
import { recovery } from './recovery';
import { settlement } from './settlement';
import { undo } from './undo';
import { validation } from './validation';
import { takeSnapshot } from './take-snapshot';
import type { Variant } from './variant';

export type { Variant } from './variant';

const inputSchema = z.looseObject({ run: z.looseObject({}) });

/** The same course in mode `rehearse`: every plan goes it up to its work. */
function rehearsalOf(plan: string, { name, script, ends, failsAtWork }: Variant): Variant {
  const { run, ...input } = inputSchema.parse(script.input ?? usualInput[plan]);
  return {
    name: `rehearses: ${name}`,
    script: { ...script, input: { ...input, run: { ...run, mode: 'rehearse', fencingToken: 0 } } },
    ...(ends === undefined || failsAtWork === true ? {} : { ends }),
  };
}

const asking = { needed: true, round: 1, timeoutSeconds: 900 };

/** The plan's first course, for which a person is asked: it resolves again and then works. */
function approvalsOf([first]: readonly Variant[]): Variant[] {
  if (first === undefined) return [];
  const asked = (name: string, then: readonly Outcome[]): Variant => ({
    ...first,
    name,
    script: {
      ...first.script,
      states: {
        ...first.script.states,
        'Who has to be asked': [{ answers: asking }, { answers: { ...asking, needed: false } }],
        'Wait for the decision': then,
      },
    },
  });
  return [asked('a person approves', ['usual']), asked('nobody decides, and it goes on', ['not yet'])];
}

const given: Readonly<Record<string, readonly Variant[]>> = {
  recovery,
  'database-recovery': databaseRecovery,
  'auto-scaling-rollback': autoScalingRollback,
  'load-balancer-rollback': loadBalancerRollback,
  'infrastructure-recovery': infrastructureRecovery,
  'full-system-recovery': fullSystemRecovery,
  undo,
  'database-recovery-self-hosted': selfHosted,
  'database-rollback': databaseRollback,
  'database-rollback-self-hosted': selfHostedRollback,
  validation,
  'configuration-recovery': configurationVariants,
  'configuration-rollback': configurationVariants,
  'file-system-recovery': fileSystemRecovery,
  'file-system-rollback': fileSystemRollback,
  'take-snapshot': takeSnapshot,
  'application-recovery': releases,
  'application-rollback': releases,
  'cross-region-recovery': crossRegionRecovery,
  'fail-back': failBack,
  'schema-rollback': schemaRollback,
  'release-probe': releaseProbe,
  settlement,
  'integrity-probe': integrityProbe,
};

const isPlan = (name: string): boolean => planMachineNames.some((plan) => plan === name);

export const variants: Readonly<Record<string, readonly Variant[]>> = Object.fromEntries(
  Object.entries(given).map(([machine, own]) => [
    machine,
    isPlan(machine) ? [...own, ...own.map((variant) => rehearsalOf(machine, variant)), ...approvalsOf(own)] : own,
  ]),
);
