import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { documentNames, documentPhysicalName } from '../contract/documents';
import { loadDocument } from '../documents/load';

/** What runs on hosts: one SSM Command document for each folder entry of documents/. */
export class HostDocuments extends Construct {
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
