import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

// A first deployment that fails has to leave nothing behind: a kept table with a fixed name would refuse the second one.
const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** What has to outlive every run: the journal, the evidence of the probe, the reports. None is removed with the stack. */
export class Storage extends Construct {
  readonly runs: TableV2;
  readonly evidence: TableV2;
  readonly reports: Bucket;

  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    this.runs = table(this, 'Runs', `lifeboat-${environment}-runs`);
    this.evidence = table(this, 'Evidence', `lifeboat-${environment}-evidence`);
    this.reports = new Bucket(this, 'Reports', {
      encryption: BucketEncryption.S3_MANAGED,
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      serverAccessLogsPrefix: 'access-logs/',
      removalPolicy: KEPT,
      lifecycleRules: [
        { id: 'access-logs', prefix: 'access-logs/', expiration: Duration.days(365) },
        { id: 'command-output', prefix: 'commands/', expiration: Duration.days(90) },
        { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    });
  }
}

function table(scope: Construct, id: string, name: string): TableV2 {
  return new TableV2(scope, id, {
    tableName: name,
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    // Only probes' commands and results carry it; what a run did is kept.
    timeToLiveAttribute: 'expires',
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: KEPT,
  });
}
