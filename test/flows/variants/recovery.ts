import { plans, planNames, selfHostedMachine, type PlanName } from '../../../contract/plans';
import { description, judgedWell, request, run } from '../answers';
import { oneDatabaseHost, selfHostedDescription } from './database-self-hosted';
import type { Variant } from './variant';

const opened = (plan: string) => ({
  run: { id: run.id, plan, environment: run.environment, mode: run.mode },
  request: { ...request, ...Object.entries(plans).find(([name]) => name === plan)?.[1].smallest, plan },
  description,
});

const onItsHost = (plan: PlanName) => {
  const asked = opened(plan);
  return { ...asked, description: selfHostedDescription };
};

export const recovery: readonly Variant[] = [
  ...planNames.flatMap((plan) => {
    const machine = selfHostedMachine(plan);
    return machine === undefined
      ? []
      : [
          {
            name: `runs ${plan} of a self-hosted database and settles`,
            script: { functions: { 'run-open': onItsHost(plan) } },
            nested: { [machine]: { states: oneDatabaseHost } },
          },
        ];
  }),
  ...planNames.map((plan) => ({
    name: `runs ${plan} and settles`,
    script: { functions: { 'run-open': opened(plan) } },
  })),
  {
    name: 'the plan ends well and the application is not whole',
    script: {},
    nested: { validation: { functions: { 'validation-judge': { ...judgedWell, passed: false, words: 'release' } } } },
    ends: 'ValidationFailedError',
  },
  {
    name: 'rehearses without a lease',
    script: {
      functions: {
        'run-open': { ...opened('database-recovery'), run: { ...opened('database-recovery').run, mode: 'rehearse' } },
      },
    },
  },
  {
    name: 'the plan ends well and the application does not answer',
    script: {},
    nested: { settlement: { functions: { 'settle-report': { status: 'failed', undoFailed: [], reportKey: 'k' } } } },
    ends: 'ApplicationUnhealthyError',
  },
  {
    // A plan that the contract knows and the deployment does not: none today.
    name: 'a plan without a machine',
    script: {
      outsideContract: true,
      functions: { 'run-open': opened('no-such-plan') },
    },
    ends: 'InvalidInputError',
  },
];
