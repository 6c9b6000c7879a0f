import { CfnOutput } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FunctionUrlAuthType, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/**
 * The address where a person decides about a run, and the policy of those who may. The address takes signed calls alone
 * (AWS_IAM), so AWS says who decided; opening it in a browser, or a mail scanner that follows links, decides nothing.
 */
export class Approvals extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, decide: LambdaFunction) {
    super(scope, id);
    const { url } = decide.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
    this.url = url;
    const policy = new ManagedPolicy(this, 'Approvers', {
      description: 'May approve and deny runs of Lifeboat: attach it to those who decide',
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunctionUrl'],
          resources: [decide.functionArn],
          conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        }),
        new PolicyStatement({
          // Since October 2025 a call of an address needs both (Lambda guide, Control access to function URLs).
          actions: ['lambda:InvokeFunction'],
          resources: [decide.functionArn],
          conditions: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
        }),
      ],
    });
    new CfnOutput(this, 'Url', { value: url, description: 'Where runs are approved and denied, by signed calls' });
    new CfnOutput(this, 'Policy', { value: policy.managedPolicyArn, description: 'For those who decide' });
  }
}
