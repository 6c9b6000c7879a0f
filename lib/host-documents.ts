import { NestedStack } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { documentNames, documentPhysicalName } from '../contract/documents';
import { loadDocument } from '../documents/load';

/**
 * What runs on hosts: one SSM Command document for each folder entry of documents/. A nested stack, since its scripts have
 * to stand in a template and are most of what a template may hold (docs/adr/0011).
 */
export class HostDocuments extends NestedStack {
  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    for (const name of documentNames) {
      new CfnDocument(this, name, {
        name: documentPhysicalName(environment, name),
        documentType: 'Command',
        documentFormat: 'JSON',
        targetType: '/AWS::EC2::Instance',
        updateMethod: 'NewVersion',
        content: loadDocument(name).content,
      });
    }
  }
}
