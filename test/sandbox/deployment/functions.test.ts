import { VirtualClock } from '../../../asl';
import { BundleError, type Deployment, deploy } from '../../../sandbox/deployment';
import { lambda, role, writeAssembly } from './assembly';

const like = (expression: RegExp): unknown => expect.stringMatching(expression);
const holding = (...items: unknown[]): unknown => expect.arrayContaining(items);

const bundles = {
  echo: `
    const { SSMClient, GetParameterCommand } = require('@aws-sdk/client-ssm');
    let calls = 0;
    console.log('cold');
    exports.handler = async (event, context) => {
      console.log('event', JSON.stringify(event));
      process.env.WRITTEN = 'yes';
      delete process.env.GONE;
      return { event, calls: ++calls, name: context.functionName, env: process.env.OWN, written: process.env.WRITTEN,
        gone: process.env.GONE, path: process.env.PATH, keys: Object.keys(process.env).includes('OWN'), nothing: undefined,
        sdk: typeof SSMClient, when: new Date(0) };
    };`,
  failing: `
    class OwnError extends Error { constructor(m) { super(m); this.name = 'OwnError'; } }
    exports.handler = async (event) => {
      if (event.kind === 'text') throw 'just a text';
      throw new OwnError('it broke');
    };`,
  slow: `
    let calls = 0;
    exports.handler = async (event) => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, event.milliseconds));
      return calls;
    };`,
  large: `exports.handler = async () => 'x'.repeat(7 * 1024 * 1024);`,
  waiting: `let release; const wait = new Promise((r) => { release = r; }); let n = 0;
    exports.handler = async (event) => { n += 1; if (event.release) return n; await new Promise((r) => setImmediate(r)); return n; };`,
};
const resources = {
  Role: role('lambda', [['logs:CreateLogStream', 'logs:PutLogEvents'], '*']),
  OtherRole: role('states'),
  Echo: lambda('echo', 'Role', {
    FunctionName: 'lifeboat-test-echo',
    Environment: { Variables: { OWN: 'a', GONE: 'b' } },
  }),
  Failing: lambda('failing', 'Role'),
  Slow: lambda('slow', 'Role', { Timeout: 1 }),
  Large: lambda('large', 'Role'),
  Waiting: lambda('waiting', 'Role', { ReservedConcurrentExecutions: 2 }),
  Distrusted: lambda('echo', 'OtherRole'),
};

describe('functions', () => {
  const assembly = writeAssembly(resources, bundles);
  const clock = new VirtualClock();
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
  });
  afterAll(async () => {
    await deployment.close();
    clock.close();
    assembly.remove();
  });
  const answer = async (name: string, event: object): Promise<unknown> => {
    const outcome = await deployment.invoke(name, event);
    return outcome.kind === 'answered' ? JSON.parse(outcome.payload) : outcome.error;
  };

  it('have an environment, a console and a module of their own', async () => {
    expect(await answer('echo', { a: 1 })).toEqual({
      event: { a: 1 },
      calls: 1,
      name: 'lifeboat-test-echo',
      env: 'a',
      written: 'yes',
      keys: true,
      sdk: 'function',
      when: '1970-01-01T00:00:00.000Z',
    });
    expect(process.env['WRITTEN']).toBeUndefined();
    expect(await answer('Echo', {})).toMatchObject({ calls: 2 });
    expect(deployment.functionLog('echo').map(({ text }) => text)).toEqual(['cold', 'event {"a":1}', 'event {}']);
    const [cold, first, second] = deployment.functionLog('echo');
    expect(cold?.requestId).toBe(first?.requestId);
    expect(first?.requestId).not.toBe(second?.requestId);
  });

  it('fail as Lambda reports it', async () => {
    expect(await answer('Failing', {})).toMatchObject({
      errorType: 'OwnError',
      errorMessage: 'it broke',
      trace: holding('OwnError: it broke'),
    });
    expect(await answer('Failing', { kind: 'text' })).toEqual({
      errorType: 'string',
      errorMessage: 'just a text',
      trace: [],
    });
  });

  it('time out in real time and are not used again', async () => {
    expect(await answer('Slow', { milliseconds: 1500 })).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: like(/Task timed out after 1.00 seconds/),
    });
    // Meanwhile the one that timed out comes to its end.
    expect(await answer('Slow', { milliseconds: 900 })).toBe(1);
    const both = await Promise.all([answer('Slow', { milliseconds: 0 }), answer('Slow', { milliseconds: 0 })]);
    expect(both).toEqual([2, 1]);
  });

  it('cannot answer or be sent more than Lambda takes', async () => {
    expect(await answer('Large', {})).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
    await expect(deployment.invoke('Echo', { text: 'x'.repeat(7 * 1024 * 1024) })).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    });
  });

  it('run side by side in instances of their own, as many as are reserved', async () => {
    const both = await Promise.all([answer('Waiting', {}), answer('Waiting', {})]);
    expect(both).toEqual([1, 1]);
    const three = await Promise.allSettled([1, 2, 3].map(async () => await deployment.invoke('Waiting', {})));
    expect(three.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('run only under a role that is for Lambda', async () => {
    await expect(deployment.invoke('Distrusted', {})).rejects.toMatchObject({ name: 'TrustError' });
  });

  it('whose role may not log are found', () => {
    expect(deployment.findings.map(({ action, message }) => [action, message])).toEqual([
      ['logs:CreateLogStream', like(/what it prints is lost/)],
      ['logs:PutLogEvents', like(/what it prints is lost/)],
    ]);
  });
});

describe('bundles that are refused', () => {
  it.each([
    ['a copy of the SDK', `const n = "com.amazonaws.ssm"; exports.handler = async () => n;`, /copy of the AWS SDK/],
    ['no handler', `exports.other = 1;`, /exports no function handler/],
    ['a callback', `exports.handler = (a, b, c) => c();`, /callback/],
    ['a package that is not bundled', `require('zod'); exports.handler = async () => 1;`, /requires zod/],
    ['the network', `require('node:https'); exports.handler = async () => 1;`, /without a network/],
    ['fetch', `exports.handler = async () => fetch('http://127.0.0.1');`, /without a network/],
    ['the end of the process', `exports.handler = async () => process.exit(1);`, /process.exit/],
  ])('%s', async (_name, source, message) => {
    const assembly = writeAssembly({ Role: role('lambda'), F: lambda('f', 'Role') }, { f: source });
    const clock = new VirtualClock();
    try {
      const deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
      const outcome = await deployment.invoke('F', {});
      await deployment.close();
      expect(outcome).toMatchObject({
        kind: 'failed',
        error: { errorType: 'BundleError', errorMessage: like(message) },
      });
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(BundleError);
      expect(thrown).toMatchObject({ message: like(message) });
    } finally {
      clock.close();
      assembly.remove();
    }
  });
});
