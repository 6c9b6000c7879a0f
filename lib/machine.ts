import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnStateMachine, LogLevel, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { MachineDefinition } from '../statemachines/machine';
import { nagFindings } from './nag';
import { StoredDefinition } from './stored-definition';

export interface MachineProps {
  readonly environmentName: string;
  readonly machineName: string;
  /** Defines the states below the construct it is given, so that ids of two machines never meet. */
  readonly define: (scope: Construct) => MachineDefinition;
}

/** Gives a definition its role, its log, tracing and a name. The flow itself stands in statemachines/. */
export class Machine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: MachineProps) {
    super(scope, id);
    const definition = props.define(this);
    const log = new LogGroup(this, 'Log', {
      // Step Functions delivers to log groups below this prefix without a growing resource policy.
      logGroupName: `/aws/vendedlogs/states/lifeboat-${props.environmentName}-${props.machineName}`,
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const definitionBody = new StoredDefinition(definition.start, props.machineName);
    this.stateMachine = new StateMachine(this, 'Machine', {
      stateMachineName: `lifeboat-${props.environmentName}-${props.machineName}`,
      comment: definition.comment,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody,
      timeout: definition.timeout,
      tracingEnabled: true,
      logs: { destination: log, level: LogLevel.ALL, includeExecutionData: true },
    });
    const resource = this.stateMachine.node.defaultChild;
    if (!(resource instanceof CfnStateMachine)) throw new Error(`${this.node.path} has no resource`);
    resource.addPropertyOverride('DefinitionSubstitutions', definitionBody.substitutions);
    acknowledgeServicePolicies(this.stateMachine);
  }
}

/** Why the wildcards stand which the CDK itself puts into a machine's role, by the service of the action. */
const reasons: Readonly<Record<string, string>> = {
  logs: 'log delivery knows no resource (Step Functions guide, Logging using CloudWatch Logs)',
  xray: 'X-Ray knows no resource (Step Functions guide, X-Ray)',
  lambda: 'the CDK grants the function with its versions; there are none, and the function is this environment’s own',
  iam: 'a role is named by CloudFormation; the prefix is that of the functions of changes, and IAM only tells of them',
  states: 'the execution of a nested machine is named when it starts; the prefix is one machine',
};

/** Acknowledges each of them by its own finding; an action of another service stays a violation. */
function acknowledgeServicePolicies(machine: StateMachine): void {
  const policy = machine.role.node.tryFindChild('DefaultPolicy');
  if (!(policy instanceof Policy)) throw new Error(`${machine.node.path} has no policy of its own`);
  for (const { finding, actions } of nagFindings(Stack.of(machine), policy)) {
    const services = new Set(actions.map((action) => action.split(':')[0] ?? ''));
    const why = [...services].map((service) => reasons[service]);
    if (why.some((reason) => reason === undefined)) continue;
    // On the role: a policy that grows too long is split when it is synthesized, into policies that are not there yet.
    Validations.of(machine.role).acknowledge({ id: finding, reason: why.join('; ') });
  }
}
