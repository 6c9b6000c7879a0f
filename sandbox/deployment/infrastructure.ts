import { type Clock } from '../../asl';
import { type Gate, type Policy, type Roles } from '../identity';
import { type Alarms } from '../services/cloudwatch/alarms';
import { type Tables } from '../services/dynamodb/tables';
import { type EventBus } from '../services/events/bus';
import { type Functions } from '../services/lambda/functions';
import { type Place } from '../services/place';
import { type Buckets } from '../services/s3/buckets';
import { type Schedules } from '../services/scheduler/schedules';
import { type Topics } from '../services/sns';
import { type Queues } from '../services/sqs';
import { type SystemsManager } from '../services/ssm/systems-manager';
import { type StateMachines } from '../services/states/machines';
import { type FunctionRuntime, type FunctionSite } from './functions';

/** A key of the customer. */
export interface SimulatedKey {
  readonly id: string;
  readonly arn: string;
  readonly aliases: string[];
}

/** What the resources of a stack are made in. */
export interface Infrastructure {
  readonly place: Place;
  readonly clock: Clock;
  readonly roles: Roles;
  readonly gate: Gate;
  readonly functions: Functions;
  readonly functionSite: FunctionSite;
  /** By logical id. */
  readonly runtimes: Map<string, FunctionRuntime>;
  readonly machines: StateMachines;
  readonly bus: EventBus;
  readonly schedules: Schedules;
  readonly topics: Topics;
  readonly queues: Queues;
  readonly tables: Tables;
  readonly buckets: Buckets;
  readonly systems: SystemsManager;
  readonly alarms: Alarms;
  readonly keys: SimulatedKey[];
  /** Managed policies of the stack by ARN. */
  readonly managedPolicies: Map<string, Policy>;
}
