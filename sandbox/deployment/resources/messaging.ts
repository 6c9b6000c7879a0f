import * as z from 'zod';
import { parsePolicy } from '../../identity';
import { alarmSchema } from '../../services/cloudwatch/alarms';
import { regionalArn } from '../../services/place';
import { customerKey, inert, kind } from './kind';

const document = z.record(z.string(), z.unknown());

export const messagingKinds = [
  kind(
    'AWS::SNS::Topic',
    { KmsMasterKeyId: z.string().optional(), TopicName: z.string().optional() },
    ['DisplayName', 'Tags'],
    ({ KmsMasterKeyId, TopicName }, context) => {
      const name = TopicName ?? context.physicalName(256);
      const arn = regionalArn(context.place, 'sns', name);
      context.topics.add(arn, customerKey(KmsMasterKeyId, context));
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  ),
  kind(
    'AWS::SNS::TopicPolicy',
    { PolicyDocument: document, Topics: z.array(z.string()).min(1) },
    [],
    (properties, context) => {
      for (const topic of properties.Topics) {
        context.gate.setResourcePolicy(topic, parsePolicy(`policy of ${topic}`, properties.PolicyDocument, 'resource'));
      }
      return { ref: context.logicalId, attributes: { Id: context.logicalId } };
    },
  ),
  kind(
    'AWS::SNS::Subscription',
    { Endpoint: z.string(), Protocol: z.enum(['email', 'email-json', 'sms', 'https']), TopicArn: z.string() },
    [],
    ({ Endpoint, Protocol, TopicArn }, context) => {
      context.topics.subscribe(TopicArn, Protocol, Endpoint);
      return { ref: `${TopicArn}:${context.logicalId}`, attributes: { Arn: `${TopicArn}:${context.logicalId}` } };
    },
  ),
  kind(
    'AWS::SQS::Queue',
    { QueueName: z.string().optional(), SqsManagedSseEnabled: z.literal(true).optional() },
    ['MessageRetentionPeriod', 'Tags', 'VisibilityTimeout'],
    ({ QueueName }, context) => {
      const name = QueueName ?? context.physicalName(80);
      const arn = regionalArn(context.place, 'sqs', name);
      context.queues.add(arn);
      const { region, account } = context.place;
      const url = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
      return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
    },
  ),
  kind(
    'AWS::SQS::QueuePolicy',
    { PolicyDocument: document, Queues: z.array(z.string()).min(1) },
    [],
    (properties, context) => {
      for (const url of properties.Queues) {
        const arn = regionalArn(context.place, 'sqs', url.slice(url.lastIndexOf('/') + 1));
        context.gate.setResourcePolicy(arn, parsePolicy(`policy of ${arn}`, properties.PolicyDocument, 'resource'));
      }
      return { ref: context.logicalId, attributes: { Id: context.logicalId } };
    },
  ),
  kind(
    'AWS::CloudWatch::Alarm',
    { ...alarmSchema.shape, AlarmName: z.string().optional() },
    [],
    (properties, context) => {
      const name = properties.AlarmName ?? context.physicalName(255);
      const arn = context.alarms.put({ ...properties, AlarmName: name });
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
  kind(
    'AWS::Logs::LogGroup',
    { LogGroupName: z.string().optional() },
    ['KmsKeyId', 'LogGroupClass', 'RetentionInDays', 'Tags'],
    ({ LogGroupName }, context) => {
      const name = LogGroupName ?? context.physicalName(255);
      return { ref: name, attributes: { Arn: regionalArn(context.place, 'logs', `log-group:${name}:*`) } };
    },
  ),
  inert('AWS::CDK::Metadata', ['Analytics']),
  inert('AWS::CloudWatch::Dashboard', ['DashboardBody', 'DashboardName']),
];
