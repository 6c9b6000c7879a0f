import { type Action, type Condition, type TargetGroup, type TargetReason } from '../../network';
import { type ListenerRule } from './rules';

/** Rules and targets as ELBv2 describes them. */

/** By which ARN a target group goes. */
export type GroupArns = (group: TargetGroup) => string | undefined;

export function describedRule({ arn, priority, conditions, action }: ListenerRule, arns: GroupArns): object {
  return {
    RuleArn: arn,
    Priority: String(priority),
    IsDefault: false,
    Conditions: conditions.map(describedCondition),
    Actions: describedActions(action, arns),
  };
}

function describedCondition(condition: Condition): object {
  switch (condition.kind) {
    case 'path': {
      const Values = [...condition.patterns];
      return { Field: 'path-pattern', Values, PathPatternConfig: { Values } };
    }
    case 'host': {
      const Values = [...condition.patterns];
      return { Field: 'host-header', Values, HostHeaderConfig: { Values } };
    }
    case 'method':
      return { Field: 'http-request-method', HttpRequestMethodConfig: { Values: [...condition.methods] } };
    case 'header': {
      const { header, patterns } = condition;
      return { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: header, Values: [...patterns] } };
    }
  }
}

/** The actions of a rule, in their order: signing users in, where that comes first, and what is done then. */
export function describedActions(action: Action, arns: GroupArns): object[] {
  const ahead = action.kind === 'forward' ? (action.ahead ?? []) : [];
  return [...ahead, describedAction(action, arns)].map((each, at) => ({ ...each, Order: at + 1 }));
}

function describedAction(action: Action, arns: GroupArns): object {
  switch (action.kind) {
    case 'fixed-response':
      return {
        Type: 'fixed-response',
        FixedResponseConfig: {
          StatusCode: String(action.status),
          ContentType: action.contentType,
          MessageBody: action.body,
        },
      };
    case 'forward': {
      const TargetGroups = action.groups.map(({ group, weight }) => ({ TargetGroupArn: arns(group), Weight: weight }));
      const only = TargetGroups.length === 1 ? TargetGroups[0] : undefined;
      return {
        Type: 'forward',
        ...(only === undefined ? {} : { TargetGroupArn: only.TargetGroupArn }),
        // Also where nobody has said anything of it.
        ForwardConfig: { TargetGroups, TargetGroupStickinessConfig: action.stickiness ?? { Enabled: false } },
      };
    }
  }
}

/** ELBv2 API, TargetHealth: a code and words for it. */
const reasons: Readonly<Record<TargetReason, readonly [string, string]>> = {
  registering: ['Elb.RegistrationInProgress', 'Target registration is in progress'],
  'first-checks': ['Elb.InitialHealthChecking', 'Initial health checks in progress'],
  refused: ['Target.FailedHealthChecks', 'Health checks failed'],
  'timed-out': ['Target.Timeout', 'Request timed out'],
  'wrong-status': ['Target.ResponseCodeMismatch', 'Health checks failed with these codes'],
  deregistering: ['Target.DeregistrationInProgress', 'Target deregistration is in progress'],
  'not-in-use': ['Target.NotInUse', 'Target group is not configured to receive traffic from the load balancer'],
};

export function describedTargets(group: TargetGroup): object[] {
  return group.targets().map(({ id, port, state, reason, status }) => {
    const [Reason, words] = reason === undefined ? [] : reasons[reason];
    const codes = reason === 'wrong-status' && status !== undefined ? `: [${status}]` : '';
    return {
      Target: { Id: id, Port: port },
      HealthCheckPort: String(group.healthCheck.port ?? port),
      TargetHealth: { State: state, ...(Reason === undefined ? {} : { Reason, Description: `${words}${codes}` }) },
    };
  });
}
