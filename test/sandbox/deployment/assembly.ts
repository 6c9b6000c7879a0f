import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

type Resources = Record<string, { Type: string; Properties?: object; DependsOn?: string[] }>;

/**
 * Writes a cloud assembly with one stack `Test`, as the CDK would, and removes it again.
 * @param uploads files that it uploads, by the key of their object
 */
export function writeAssembly(
  resources: Resources,
  bundles: Record<string, string> = {},
  more: object = {},
  uploads: Record<string, unknown> = {},
): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'lifeboat-assembly-'));
  const write = (file: string, content: unknown): void => {
    writeFileSync(path.join(folder, file), JSON.stringify(content));
  };
  const files: Record<string, object> = {};
  for (const [name, source] of Object.entries(bundles)) {
    mkdirSync(path.join(folder, `asset.${name}`));
    writeFileSync(path.join(folder, `asset.${name}`, 'index.js'), source);
    files[name] = {
      source: { path: `asset.${name}`, packaging: 'zip' },
      destinations: { here: { bucketName: 'assets', objectKey: `${name}.zip` } },
    };
  }
  for (const [objectKey, content] of Object.entries(uploads)) {
    write(`asset.${objectKey}`, content);
    files[objectKey] = {
      source: { path: `asset.${objectKey}`, packaging: 'file' },
      destinations: { here: { bucketName: 'assets', objectKey } },
    };
  }
  write('manifest.json', {
    version: '55.0.0',
    artifacts: {
      'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
      Test: {
        type: 'aws:cloudformation:stack',
        environment: `aws://${ACCOUNT}/${REGION}`,
        properties: { templateFile: 'Test.template.json' },
        dependencies: ['Test.assets'],
      },
    },
  });
  write('Test.assets.json', { version: '55.0.0', files, dockerImages: {} });
  write('Test.template.json', { Resources: resources, ...more });
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

export const attribute = (logicalId: string, name = 'Arn') => ({ 'Fn::GetAtt': [logicalId, name] });
export const ref = (logicalId: string) => ({ Ref: logicalId });

/** A role that a service may use, with the statements that it allows (`[actions, resources]`). */
export function role(service: string, ...allowed: [string | string[], unknown][]) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: `${service}.amazonaws.com` } },
      },
      ...(allowed.length === 0 ? {} : { Policies: [{ PolicyName: 'inline', PolicyDocument: policy(...allowed) }] }),
    },
  };
}

export function policy(...allowed: [string | string[], unknown][]) {
  return {
    Version: '2012-10-17',
    Statement: allowed.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
  };
}

/** A function from the bundle of the same name. */
export function lambda(bundle: string, roleId: string, more: object = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: `${bundle}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Role: attribute(roleId),
      ...more,
    },
  };
}

/** A machine of JSONata states; `definition` may hold intrinsic functions as `${LogicalId}` and `${LogicalId.Arn}`. */
export function machine(roleId: string, definition: object, more: object = {}) {
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      DefinitionString: { 'Fn::Sub': JSON.stringify({ QueryLanguage: 'JSONata', ...definition }) },
      RoleArn: attribute(roleId),
      ...more,
    },
  };
}

export const task = (resource: string, given: object, more: object = { End: true }) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Arguments: given,
  ...more,
});
