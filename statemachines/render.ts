import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { QueryLanguage, StateGraph, StateMachine, type IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { planMachineNames } from '../contract/plans';
import type { TaskContract } from '../contract/tasks';
import { integrityProbe } from './integrity-probe';
import type { MachineDefinition } from './machine';
import { planDefinitions } from './plans';
import { releaseProbe } from './release-probe';
import { recovery } from './recovery';
import { settlement } from './settlement';
import { validation } from './validation';

/** An address that cannot be taken for a real one: definitions name no account. */
const ACCOUNT = '000000000000';

/**
 * The Amazon States Language that each definition renders to, as reviewers and Workflow Studio read it: functions and
 * machines by name, no application's name, no physical identifier. `npm run render` writes it to statemachines/rendered.
 */
export function renderedMachines(): Record<string, object> {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Rendering', {
    env: { account: ACCOUNT, region: 'us-east-1' },
  });
  const made = new Map<string, IFunction>();
  const functions = (task: TaskContract): IFunction => {
    const known = made.get(task.name);
    if (known !== undefined) return known;
    const arn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${task.name}`;
    const stand = LambdaFunction.fromFunctionAttributes(stack, task.name, { functionArn: arn, sameEnvironment: true });
    made.set(task.name, stand);
    return stand;
  };
  const known = new Map<string, IStateMachine>();
  const nested = (name: string): IStateMachine => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const arn = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:${name}`;
    const stand = StateMachine.fromStateMachineArn(stack, `nested-${name}`, arn);
    known.set(name, stand);
    return stand;
  };

  const definitions: Record<string, (scope: Construct) => MachineDefinition> = {
    recovery: (scope) =>
      recovery(scope, { functions, plans: nested, validation: nested('validation'), settlement: nested('settlement') }),
    ...Object.fromEntries(
      planMachineNames.map((plan) => [
        plan,
        (scope: Construct) => planDefinitions[plan](scope, { functions, machine: nested }),
      ]),
    ),
    validation: (scope) => validation(scope, functions),
    settlement: (scope) => settlement(scope, functions),
    'integrity-probe': (scope) => integrityProbe(scope, functions),
    'release-probe': (scope) => releaseProbe(scope, functions),
  };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, define]) => {
      const own = new Stack(stack, name);
      const definition = define(own);
      const graph = new StateGraph(definition.start.startState, name);
      graph.timeout = definition.timeout;
      return [
        name,
        {
          Comment: definition.comment,
          QueryLanguage: QueryLanguage.JSONATA,
          ...withoutPartition(stack.resolve(graph.toGraphJson(QueryLanguage.JSONATA))),
        },
      ];
    }),
  );
}

/** CDK writes integrations as `arn:${AWS::Partition}:states:…`; read as in the commercial partition. */
function withoutPartition(value: unknown): object {
  const plain: unknown = JSON.parse(JSON.stringify(value), (_key, item: unknown) => {
    if (typeof item === 'object' && item !== null && 'Fn::Join' in item && Array.isArray(item['Fn::Join'])) {
      const parts: unknown = item['Fn::Join'][1];
      if (Array.isArray(parts)) return parts.map((part) => (typeof part === 'string' ? part : 'aws')).join('');
    }
    return item;
  });
  if (typeof plain !== 'object' || plain === null) throw new Error('a definition renders to an object');
  return plain;
}
