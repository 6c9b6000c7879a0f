import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import { documents } from '../../contract/documents';
import { scriptPath } from '../../contract/documents/validation';
import { Host } from './support/host';
import { containing } from './support/match';

let host: Host;
beforeEach(() => {
  host = new Host();
});
afterEach(() => {
  host.remove();
});

describe('measure-application', () => {
  let answer: (request: number) => number;
  let metrics: number;
  let asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    const isHealth = request.url === '/health';
    response.statusCode = isHealth ? answer(asked.filter((url) => url === '/health').length) : metrics;
    response.end(isHealth ? '{"status":"hea\\\\lthy"}\n' : `{"requests":${asked.length}}`);
  });
  let base = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    asked = [];
    answer = () => 200;
    metrics = 200;
  });
  const measure = async (Requests = '007', HealthUrl = `${base}/health`) => {
    const ran = await host.run('measure-application', { HealthUrl, MetricsUrl: `${base}/metrics`, Requests });
    return { ...ran, result: ran.code === 0 ? documents['measure-application'].result.parse(ran.line) : undefined };
  };

  test('asks health so many times, between two looks at the metrics', async () => {
    const { result } = await measure();
    expect(result).toMatchObject({
      health: { status: 200, body: '{"status":"hea\\\\lthy"}' },
      requests: 7,
      failed: 0,
      metrics: { before: '{"requests":2}', after: '{"requests":10}', problem: '' },
    });
    expect(result?.milliseconds).toHaveLength(7);
    expect(Math.max(...(result?.milliseconds ?? []))).toBeLessThan(10_000);
    expect(asked.map((url) => url.slice(1, 2)).join('')).toBe('hmhhhhhhhm');
  });

  test('answers that are none are counted, and are a result', async () => {
    answer = (request) => (request % 3 === 0 ? 503 : 200);
    metrics = 404;
    const { result } = await measure();
    expect(result).toMatchObject({ failed: 2, metrics: { before: null, after: null } });
    expect(result?.metrics.problem).toContain('/metrics answered 404');
  });

  test('nobody listening is a result, too', async () => {
    const { result } = await measure('3', 'http://127.0.0.1:9/health');
    expect(result).toMatchObject({ health: { status: 0 }, requests: 3, failed: 3 });
  });

  test.each(['0', '501'])('%s requests are a mistake', async (requests) => {
    expect(await measure(requests)).toMatchObject({ code: 1, stderr: containing('from 1 to 500') });
  });
});

describe('test-application', () => {
  const folder = () => path.join(host.state, 'app');
  const script = (name: string, text: string) => {
    fs.mkdirSync(path.join(folder(), 'scripts'), { recursive: true });
    fs.writeFileSync(path.join(folder(), name), text, { mode: 0o755 });
  };
  const run = async (Tests = 'test:critical', ConsistencyScript = 'scripts/check.sh') => {
    const ran = await host.run('test-application', { Folder: folder(), Tests, ConsistencyScript });
    return ran.code === 0 ? documents['test-application'].result.parse(ran.line) : ran;
  };
  beforeEach(() => {
    script('package.json', '{"scripts": {"test:critical": "x"}}');
    script('scripts/check.sh', '#!/bin/bash\necho "{\\"consistent\\":true} in $(basename "$PWD")"\n');
    host.program('npm', 'echo "npm $*" >>"$STATE/calls"; echo "# pass 2"; [ ! -e "$STATE/broken" ]');
    host.program('stat', '[ -e "$STATE/owner" ] && cat "$STATE/owner" || exec /usr/bin/stat "$@"');
    host.program('sudo', 'echo "sudo $*" >>"$STATE/calls"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  });

  test('runs the tests and the script in the folder', async () => {
    expect(await run()).toMatchObject({
      tests: { ran: true, exitCode: 0, tail: '# pass 2' },
      consistency: { ran: true, exitCode: 0, tail: '{"consistent":true} in app' },
    });
    expect(host.read('calls')).toBe('npm run --silent test:critical\n');
  });

  test('what fails is a result, and the other is run all the same', async () => {
    host.write('broken', '');
    script('scripts/check.sh', '#!/bin/bash\necho "3 rows without a user"; exit 4\n');
    expect(await run()).toMatchObject({
      tests: { ran: true, exitCode: 1 },
      consistency: { ran: true, exitCode: 4, tail: '3 rows without a user' },
    });
  });

  test('as the user that the folder belongs to', async () => {
    host.write('owner', 'www-data\n');
    await run();
    expect(host.read('calls')).toContain('sudo -n -H -u www-data -- npm run --silent test:critical');
  });

  test('what the release does not have, or nobody asked for, is said and not run', async () => {
    expect(await run('test:integration', 'scripts/none.sh')).toMatchObject({
      tests: { ran: false, because: 'the release has no script test:integration in its package.json' },
      consistency: { ran: false, because: 'the release has no script scripts/none.sh that can be run' },
    });
    expect(await run('none', 'none')).toMatchObject({ tests: { ran: false }, consistency: { ran: false } });
    expect(host.read('calls')).toBe('');
  });

  test('no way leads out of the folder', () => {
    for (const out of ['../x', '/bin/sh', 'a/../../x', './x', 'a//x'])
      expect([out, scriptPath.safeParse(out).success]).toEqual([out, false]);
  });

  test('a folder that is not there fails by name', async () => {
    fs.rmSync(folder(), { recursive: true });
    expect(await run()).toMatchObject({ code: 1, stderr: containing('does not exist') });
  });
});
