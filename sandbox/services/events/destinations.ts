import { type CallLog, type Gate } from '../../identity';
import { type Functions } from '../lambda/functions';
import { type Permission } from '../service';
import { type Topics } from '../sns';
import { type Queues } from '../sqs';
import { type StateMachines } from '../states/machines';
import { TargetError } from './errors';

/** Something delivers to somewhere: a rule or a schedule to a target. */
export interface Delivery {
  readonly service: 'events.amazonaws.com' | 'scheduler.amazonaws.com';
  /** Name and ARN of the rule or schedule, and the ARN that a trust policy may ask for. */
  readonly name: string;
  readonly arn: string;
  readonly trustArn: string;
  readonly targetArn: string;
  /** The role that delivers; rules have none for functions, topics and queues, which say themselves who may. */
  readonly roleArn: string | undefined;
  readonly deadLetterArn: string | undefined;
  readonly payload: string;
}

export interface FailedDelivery extends Delivery {
  readonly error: { readonly name: string; readonly message: string };
}

/** Delivers to state machines, functions, topics and queues, if IAM lets it; what fails goes to the dead-letter queue. */
export class Destinations {
  readonly #failed: FailedDelivery[] = [];

  constructor(
    private readonly gate: Gate,
    private readonly log: CallLog,
    private readonly machines: StateMachines,
    private readonly functions: Functions,
    private readonly topics: Topics,
    private readonly queues: Queues,
  ) {}

  /** What could not be delivered, with the reason; in a dead-letter queue or not. */
  failed(): readonly FailedDelivery[] {
    return this.#failed;
  }

  /** Whether there is such a target at all. @throws TargetError */
  check(targetArn: string): void {
    this.#route(targetArn);
  }

  deliver(delivery: Delivery): void {
    try {
      const [service, action, perform] = this.#route(delivery.targetArn);
      const record = this.log.begin({
        source: delivery.name,
        roleArn: delivery.roleArn,
        service,
        operation: 'Deliver',
      });
      try {
        this.#permit(delivery, { action, resource: delivery.targetArn });
        record.permissions = [{ action, resource: delivery.targetArn, allowed: true }];
        perform(delivery.payload);
        record.outcome = 'done';
      } catch (thrown) {
        record.outcome = 'failed';
        throw thrown;
      }
    } catch (thrown) {
      this.refuse(delivery, thrown);
    }
  }

  #route(arn: string): [string, string, (payload: string) => void] {
    switch (arn.split(':')[2]) {
      case 'states':
        return ['SFN', 'states:StartExecution', (payload) => void this.machines.start(arn, undefined, payload)];
      case 'lambda':
        return [
          'Lambda',
          'lambda:InvokeFunction',
          (payload) => {
            this.functions.invokeLater(arn, payload);
          },
        ];
      case 'sns':
        if (this.topics.keyOf(arn) !== undefined) {
          throw new TargetError(`${arn} is encrypted with a key of the customer; as a target this is not simulated`);
        }
        return [
          'SNS',
          'sns:Publish',
          (payload) => {
            this.topics.deliver(arn, payload);
          },
        ];
      case 'sqs':
        return [
          'SQS',
          'sqs:SendMessage',
          (payload) => {
            this.queues.send(arn, payload, {});
          },
        ];
      default:
        throw new TargetError(`${arn} is not a target that is simulated`);
    }
  }

  #permit(delivery: Delivery, permission: Permission): void {
    const { service, name, arn, trustArn, roleArn } = delivery;
    if (roleArn !== undefined) {
      this.gate.roles.assume(roleArn, service, { arn: trustArn, account: this.gate.place.account });
      this.gate.require({ roleArn, name }, 'EventBridge', [permission]);
    } else if (!this.gate.allowsService(service, permission, arn)) {
      throw new TargetError(`${permission.resource} does not let ${service} do ${permission.action} for ${arn}`);
    }
  }

  /** Writes down what could not be delivered, and hands it to the dead-letter queue. */
  refuse(delivery: Delivery, thrown: unknown): void {
    const { name, message } = thrown instanceof Error ? thrown : new TargetError(String(thrown));
    this.#failed.push({ ...delivery, error: { name, message } });
    const { deadLetterArn } = delivery;
    if (deadLetterArn === undefined) return;
    try {
      this.#permit(delivery, { action: 'sqs:SendMessage', resource: deadLetterArn });
    } catch {
      // As in AWS: an event that not even its dead-letter queue takes is gone. `failed` still has it.
      return;
    }
    this.queues.send(deadLetterArn, delivery.payload, {
      RULE_ARN: delivery.arn,
      TARGET_ARN: delivery.targetArn,
      ERROR_CODE: name,
      ERROR_MESSAGE: message,
    });
  }
}
