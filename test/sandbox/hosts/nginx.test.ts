import * as fs from 'node:fs';
import { type Host } from '../../../sandbox/hosts';
import { Fixture, until, writeUnit } from './fixture';

const fixture = new Fixture();
let host: Host;

const site = (inside: string): string => `events {}\nhttp {\n  server {\n    listen 80;\n    ${inside}\n  }\n}\n`;
const configure = (text: string): void => {
  fs.writeFileSync(host.path('/etc/nginx/nginx.conf'), text);
};
const ask = async (path: string): Promise<string> => {
  const { address, port } = host.endpoint(80);
  const response = await fetch(`http://${address}:${port}${path}`);
  return `${response.status} ${await response.text()}`;
};

beforeAll(async () => {
  await fixture.open();
  host = await fixture.host();
  const app = `require('http').createServer((q, s) => q.url === '/slow' ? undefined : s.end(q.method + ' ' + q.url + ' for ' + q.headers['x-forwarded-for'])).listen(3000)`;
  fs.writeFileSync(host.path('/opt/app.js'), app);
  writeUnit(host, 'app.service', '[Service]\nExecStart=/usr/bin/node /opt/app.js\n');
  writeUnit(
    host,
    'nginx.service',
    '[Service]\nExecStartPre=/usr/sbin/nginx -t\nExecStart=/usr/sbin/nginx\nExecReload=/usr/sbin/nginx -s reload\n',
  );
  configure(site('location / { proxy_pass http://127.0.0.1:3000; proxy_read_timeout 200ms; }'));
  await host.systemctl('start', 'nginx');
  const { address, port } = host.endpoint(80);
  await until(() =>
    fetch(`http://${address}:${port}/`).then(
      () => true,
      () => false,
    ),
  );
});
afterAll(() => fixture.close());

it('passes requests on, says 502 while the application is down and 504 while it is silent', async () => {
  expect(await ask('/')).toMatch(/^502 .*502 Bad Gateway/s);
  await host.systemctl('start', 'app');
  await until(async () => (await ask('/api/x?y=1')).startsWith('200'));
  expect(await ask('/api/x?y=1')).toBe(`200 GET /api/x?y=1 for ${host.address.replace(/\.\d+\.\d+\.\d+$/, '')}.0.0.1`);
  expect(await ask('/slow')).toMatch(/^504 /);
  await host.systemctl('stop', 'app');
  expect(await ask('/')).toMatch(/^502 /);
});

it('keeps idle connections as long as it is told, and longer than a load balancer unless told', async () => {
  const { address, port } = host.endpoint(80);
  const kept = async () => (await fetch(`http://${address}:${port}/`)).headers.get('keep-alive');
  expect(await kept()).toBe('timeout=75');
  for (const [told, answers] of [
    ['65', 'timeout=65'],
    ['0', null],
  ] as const) {
    configure(site('location / { return 200 "here"; }').replace('http {', `http { keepalive_timeout ${told};`));
    await host.systemctl('reload', 'nginx');
    await until(async () => (await kept()) === answers);
  }
});

it('reloads a good configuration, and keeps the old one when the new is bad', async () => {
  configure(site('location = /maintenance { return 503 "back soon"; } location / { return 404; }'));
  expect(await host.systemctl('reload', 'nginx')).toMatchObject({ code: 0 });
  await until(async () => (await ask('/maintenance')) === '503 back soon');
  expect(await ask('/other')).toMatch(/^404 /);
  configure(site('rewrite ^ /x;'));
  await host.systemctl('reload', 'nginx');
  expect(await ask('/maintenance')).toBe('503 back soon');
  const check = await host.run('nginx -t');
  expect(check.exitCode).toBe(1);
  expect(check.stderr).toBe(
    'nginx: [emerg] unknown directive "rewrite" in /etc/nginx/nginx.conf:5\nnginx: configuration file /etc/nginx/nginx.conf test failed\n',
  );
  const restart = await host.systemctl('restart', 'nginx');
  expect(restart.code).toBe(1);
  expect(restart.stderr).toContain('the control process exited with error code');
});

it.each([
  ['events {}\nhttp { server { listen 80;', 'unexpected end of file, expecting "}"'],
  ['http { }', 'no "events" section in configuration'],
  ['events {}\n}', 'unexpected "}" in /etc/nginx/nginx.conf:2'],
  [site('location / { proxy_pass 127.0.0.1:3000; }'), 'invalid URL prefix "127.0.0.1:3000" in /etc/nginx/nginx.conf:5'],
])('nginx -t refuses %j', async (text, problem) => {
  configure(text);
  const { exitCode, stderr } = await host.run('nginx -t');
  expect(exitCode).toBe(1);
  expect(stderr.split('\n')[0]).toBe(`nginx: [emerg] ${problem}`);
});
