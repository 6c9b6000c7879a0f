import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Description } from '../config/schema';

/** Where people are told: a topic under a key of our own, since CloudWatch cannot publish under `alias/aws/sns`. */
export class Notifications extends Construct {
  readonly topic: Topic;
  readonly key: Key;

  constructor(scope: Construct, id: string, description: Description) {
    super(scope, id);
    const { account, environment, notifications } = description;
    this.key = new Key(this, 'Key', {
      description: `Lifeboat, ${environment}: notifications`,
      enableKeyRotation: true,
      pendingWindow: Duration.days(7),
      // It encrypts messages on their way, nothing that is kept.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const alarms = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: {
          'aws:SourceArn': Stack.of(this).formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: `lifeboat-${environment}-*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    };
    this.key.addToResourcePolicy(
      new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'], ...alarms }),
    );
    this.topic = new Topic(this, 'Topic', {
      topicName: `lifeboat-${environment}-notifications`,
      enforceSSL: true,
      masterKey: this.key,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn], ...alarms }),
    );
    for (const address of notifications) this.topic.addSubscription(new EmailSubscription(address));
  }
}
