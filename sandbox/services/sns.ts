import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../asl';
import { keyPermissions } from './keys';
import { operation } from './operation';
import { AwsError, type SimulatedService } from './service';

export interface PublishedMessage {
  readonly messageId: string;
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Protocol and endpoint of everybody who would have received it. */
  readonly recipients: readonly string[];
}

/** 256 KB: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MESSAGE_LIMIT_BYTES = 262_144;

const publish = z.strictObject({
  TopicArn: z.string(),
  Subject: z.string().optional(),
  Message: z.string(),
  MessageAttributes: z
    .record(z.string(), z.strictObject({ DataType: z.enum(['String', 'Number']), StringValue: z.string().min(1) }))
    .default({}),
});
type Publish = z.infer<typeof publish>;

/** Topics keep what was published; nobody receives anything. */
export class Topics implements SimulatedService {
  readonly name = 'SNS';
  readonly standIn = {
    name: 'Amazon SNS',
    instead: 'messages are kept in memory, with the recipients they had',
    differs: 'nothing is delivered; subscriptions count as confirmed',
  };
  readonly #topics = new Map<
    string,
    { keyArn: string | undefined; recipients: string[]; messages: PublishedMessage[] }
  >();

  constructor(private readonly clock: Clock) {}

  readonly operations = {
    Publish: operation(publish, {
      invalid: 'InvalidParameterException',
      authorize: ({ TopicArn }) => [
        { action: 'sns:Publish', resource: TopicArn },
        ...keyPermissions(this.#topics.get(TopicArn)?.keyArn, ['GenerateDataKey', 'Decrypt']),
      ],
      perform: (input) => this.#publish(input),
    }),
  };

  add(arn: string, keyArn: string | undefined): void {
    this.#topics.set(arn, { keyArn, recipients: [], messages: [] });
  }

  /** The customer's key that a topic is encrypted with. @throws AwsError NotFoundException */
  keyOf(arn: string): string | undefined {
    return this.#topic(arn).keyArn;
  }

  /** @throws AwsError NotFoundException */
  subscribe(topicArn: string, protocol: string, endpoint: string): void {
    this.#topic(topicArn).recipients.push(`${protocol}:${endpoint}`);
  }

  /** Publishes for a service of AWS, whose permission has been checked. */
  deliver(topicArn: string, message: string): void {
    this.#publish({ TopicArn: topicArn, Message: message, MessageAttributes: {} });
  }

  /** Everything published to a topic, or to all, oldest first. */
  messages(topicArn?: string): readonly PublishedMessage[] {
    const topics = topicArn === undefined ? [...this.#topics.values()] : [this.#topic(topicArn)];
    return topics.flatMap(({ messages }) => messages).sort((a, b) => a.at - b.at);
  }

  #publish({ TopicArn, Subject, Message, MessageAttributes }: Publish): { MessageId: string } {
    const topic = this.#topic(TopicArn);
    const invalid = (message: string): AwsError =>
      new AwsError('InvalidParameterException', `Invalid parameter: ${message}`);
    if (Subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(Subject)) {
      throw invalid(
        'Subject has to be at most 100 ASCII characters, without line breaks, and begin with a visible one',
      );
    }
    if (Message === '') throw invalid('Empty message');
    if (Buffer.byteLength(Message) > MESSAGE_LIMIT_BYTES) throw invalid('Message too long');
    const messageId = randomUUID();
    topic.messages.push({
      messageId,
      at: this.clock.now().at,
      topicArn: TopicArn,
      subject: Subject,
      message: Message,
      attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([key, value]) => [key, value.StringValue])),
      recipients: [...topic.recipients],
    });
    return { MessageId: messageId };
  }

  #topic(arn: string) {
    const topic = this.#topics.get(arn);
    if (topic === undefined) throw new AwsError('NotFoundException', `Topic does not exist: ${arn}`, 404);
    return topic;
  }
}
