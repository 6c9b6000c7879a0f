import * as http from 'node:http';
import { type Host } from '../../../sandbox/hosts';
import { Fixture } from './fixture';

const fixture = new Fixture();
let real: Host;
let standIn: Host;
let server: http.Server;
let failures = 0;
let url = '';

beforeAll(async () => {
  await fixture.open();
  [real, standIn] = [await fixture.host({ curl: 'system' }), await fixture.host({ curl: 'stand-in' })];
  server = http.createServer((request, response) => {
    const parts: string[] = [];
    request.setEncoding('utf8').on('data', (part: string) => parts.push(part));
    request.on('end', () => {
      if (request.url === '/slow') return;
      if (request.url === '/flaky') {
        failures += 1;
        response.statusCode = failures % 3 === 0 ? 200 : 503;
      }
      if (request.url === '/missing') response.statusCode = 404;
      const { host, 'x-test': test, 'content-type': type } = request.headers;
      response.end([request.method, host, test, type, parts.join('')].join('|'));
    });
  });
  const address = await fixture.pool.claim();
  await new Promise<void>((resolve) => server.listen(23_456, address, resolve));
  fixture.names.set('app.internal', [address]);
  url = 'http://app.internal:23456';
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await fixture.close();
});

/** The same command on the system's curl and on the stand-in. */
async function both(command: string): Promise<[unknown, unknown]> {
  const results = [];
  for (const host of [real, standIn]) {
    failures = 0;
    const { exitCode, stdout, stderr } = await host.run(command);
    // curl says how long it took; since 8 it words some messages differently.
    results.push({ exitCode, stdout, stderr: stderr.replace(/after \d+ m(s|illiseconds).*/, 'after N') });
  }
  return [results[0], results[1]];
}

it.each([
  '-sS URL/x',
  '-fsS URL/missing',
  '-f -s -o /dev/null -w "%{http_code} %{size_download}\\n" URL/missing',
  '-s -o /dev/null -w "%{http_code}" URL/missing',
  `-sS -X POST -H 'content-type: application/json' -H 'x-test: 1' -d '{"a":1}' URL/x`,
  "-sS --data a=1 -d b=2 -H 'X-Test: two' URL/x",
  '-sS --max-time 1 URL/slow',
  '-fsS --retry 3 --retry-delay 1 -o /dev/null -w "%{http_code}" URL/flaky',
  '-sS http://localhost:3999/',
  '-s http://localhost:3999/',
  '-sS http://nowhere.internal/',
  '-sS',
])('curl %s', async (args) => {
  const [wanted, got] = await both(`curl ${args.replaceAll('URL', url)}`);
  expect(got).toEqual(wanted);
});

it('refuses options that could lead out of the sandbox', async () => {
  for (const option of ['-L', '--proxy x', '--resolve a:1:b']) {
    expect((await real.run(`curl ${option} ${url}`)).exitCode).toBe(64);
  }
});
