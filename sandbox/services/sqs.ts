import { type Clock } from '../../asl';
import { AwsError } from './service';

export interface QueuedMessage {
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Queues, which in this system are where what could not be delivered ends up. They have no SDK operations here. */
export class Queues {
  readonly #messages = new Map<string, QueuedMessage[]>();

  constructor(private readonly clock: Clock) {}

  add(arn: string): void {
    this.#messages.set(arn, []);
  }

  has(arn: string): boolean {
    return this.#messages.has(arn);
  }

  /** @throws AwsError QueueDoesNotExist */
  send(arn: string, body: string, attributes: Readonly<Record<string, string>>): void {
    const messages = this.#messages.get(arn);
    if (messages === undefined) throw new AwsError('QueueDoesNotExist', `The queue ${arn} does not exist`);
    messages.push({ at: this.clock.now().at, body, attributes });
  }

  messages(arn: string): readonly QueuedMessage[] {
    return this.#messages.get(arn) ?? [];
  }
}
