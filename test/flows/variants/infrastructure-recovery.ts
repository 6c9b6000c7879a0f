import { description, HOSTS, inspectedInfrastructure, inspectedWay, run } from '../answers';
import type { Variant } from './variant';

const plan = 'infrastructure-recovery';
const found = (differs: object, way: object = {}) => ({
  functions: {
    'infrastructure-inspect': { ...inspectedInfrastructure, ...differs, ...way },
    'way-inspect': { ...inspectedWay, ...way },
  },
});
const { infrastructure, ...undescribed } = description;
const request = { plan, trigger: 'operator', mode: 'live', incident: {}, acceptLoss: false };
const terraform = {
  by: 'terraform',
  hosts: infrastructure?.hosts ?? 2,
  project: 'interview-drills-infrastructure',
  variables: { environment: 'production', backup_restore: 'true' },
};

export const infrastructureRecovery: readonly Variant[] = [
  { name: 'a host, the target group and the rule are gone, and the record is another', script: {} },
  { name: 'nobody has ever seen what was set of the target group', script: found({ seen: null }) },
  { name: 'the stack is gone', script: found({ provision: 'create', recorded: true }) },
  {
    name: 'Terraform provisions',
    script: {
      ...found({ provision: 'build' }),
      input: { run: { ...run, plan }, request, description: { ...undescribed, infrastructure: terraform } },
    },
  },
  {
    name: 'only the rule is gone',
    script: found(
      { provision: 'none', recorded: true },
      { targetGroup: { name: 'interview-drills-drill', exists: true }, hosts: HOSTS, unregistered: [], attached: true },
    ),
  },
  {
    name: 'the rule is there, and a host is no target',
    script: found(
      { provision: 'none', recorded: true },
      {
        targetGroup: { name: 'interview-drills-drill', exists: true },
        hosts: HOSTS,
        unregistered: HOSTS.slice(1),
        attached: true,
        forwards: true,
      },
    ),
  },
  {
    name: 'the stack has made the target group and the rule itself',
    script: {
      functions: {
        'way-inspect': {
          targetGroup: { name: 'interview-drills-drill', exists: true },
          hosts: HOSTS,
          unregistered: [],
          attached: true,
          forwards: true,
        },
      },
    },
  },
  { name: 'nothing is missing', script: found({ missing: [] }), ends: 'InfrastructureIntactError' },
  {
    name: 'no infrastructure is described',
    script: {
      input: { run: { ...run, plan }, request, description: undescribed },
      states: { 'Compare the stack with its template': [{ fails: 'InfrastructureUnfitError' }] },
    },
    ends: 'InfrastructureUnfitError',
  },
];
