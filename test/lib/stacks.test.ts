import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations, type App } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BUNDLES, buildLambdas } from '../../lambdas/build';
import { lifeboatApp, STACKS_CONTEXT } from '../../lib/app';
import { LifeboatStack } from '../../lib/lifeboat-stack';

let folder: string;
let bundles: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-stacks-'));
  buildLambdas();
  bundles = BUNDLES;
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function checked(name: string, ...stacks: readonly string[]): App {
  const app = lifeboatApp(bundles, {
    outdir: join(folder, name),
    builtinCloudFormationValidation: true,
    context: { [STACKS_CONTEXT]: stacks.join(','), '@aws-cdk/core:validateAgainstDefaultRules': true },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

function stacksOf(app: App): LifeboatStack[] {
  return app.node.children.filter((child): child is LifeboatStack => child instanceof LifeboatStack);
}

function violations(name: string): string {
  const report: unknown = JSON.parse(readFileSync(join(folder, name, 'validation-report.json'), 'utf8'));
  return JSON.stringify(report);
}

describe('cdk-nag, AwsSolutions', () => {
  test('finds nothing that is not acknowledged, construct by construct and finding by finding', () => {
    const app = checked('clean', 'Lifeboat-production', 'Lifeboat-drill-standby');
    try {
      app.synth();
    } catch (error) {
      throw new Error(`${String(error)}\n${violations('clean').slice(0, 4000)}`);
    }
    for (const scope of [app, ...stacksOf(app)]) {
      expect(scope.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)).toEqual(
        [],
      );
    }
  });

  test('reports a planted bucket without encryption in transit', () => {
    const app = checked('planted', 'Lifeboat-drill');
    const [stack] = stacksOf(app);
    if (stack === undefined) throw new Error('no stack');
    new CfnBucket(stack, 'Planted');
    expect(() => app.synth()).toThrow(/validation/i);
    expect(violations('planted')).toContain('AwsSolutions-S10');
  });
});
