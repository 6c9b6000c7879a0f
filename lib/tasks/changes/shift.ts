import type { shiftChanges } from '../../../contract/changes/shift';
import type { Grant, Resources } from '../deployment';
import type { ChangeGrants } from './grants';

const rules = (r: Resources) => `${r.description.loadBalancer.listenerArn.replace(':listener/', ':listener-rule/')}/*`;

const describe = (...what: string[]): Grant => ({
  actions: what.map((each) => `elasticloadbalancing:Describe${each}`),
  resources: ['*'],
  why: 'describing rules, targets and target groups knows no resource',
});
export const describeForwarding = describe('Rules', 'TargetGroups', 'TargetGroupAttributes');

/** What shifting traffic calls. Resource types and keys: Service Authorization Reference. */
export const shiftChangeGrants: ChangeGrants<keyof typeof shiftChanges> = {
  'traffic-shift': (r) => [
    { actions: ['elasticloadbalancing:ModifyListener'], resources: [r.description.loadBalancer.listenerArn] },
    {
      actions: ['elasticloadbalancing:ModifyRule'],
      resources: [rules(r)],
      why: "a rule's id is AWS's; the rules are those of this environment's listener",
    },
    // Whoever writes a rule that signs users in by a pool has to be allowed to read that pool's client (ELB guide, Authenticate users).
    {
      actions: ['cognito-idp:DescribeUserPoolClient'],
      resources: [r.arn('cognito-idp', 'userpool/*')],
      why: 'by which pool a rule signs users in only the rule says; a client is read, and no user',
    },
    describe('Rules', 'TargetHealth'),
  ],
  'health-check-path': (r) => [
    {
      actions: ['elasticloadbalancing:ModifyTargetGroup'],
      resources: [
        r.arn('elasticloadbalancing', `targetgroup/${r.description.application}-${r.description.environment}*/*`),
      ],
      why: "the group to go back to is named when it is found; the prefix is this environment's",
    },
    describe('TargetGroups'),
  ],
};
