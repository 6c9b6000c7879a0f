import * as http from 'node:http';
import * as net from 'node:net';
import {
  AddressPool,
  defaultHealthCheck,
  LoadBalancer,
  PriorityTaken,
  TargetGroup,
  type Exchange,
  type HealthCheck,
} from '../../../sandbox/network';
import { StepClock } from './steps';

const pool = new AddressPool();
const port = 3000;
const check: HealthCheck = {
  ...defaultHealthCheck,
  path: '/api/health',
  intervalSeconds: 30,
  timeoutSeconds: 0.2,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
};
const servers: http.Server[] = [];
const balancers: LoadBalancer[] = [];
let clock: StepClock;
let group: TargetGroup;

beforeEach(() => {
  clock = new StepClock();
  group = new TargetGroup('app', clock, check, 300);
});
afterEach(async () => {
  group.close();
  await Promise.all(balancers.splice(0).map((balancer) => balancer.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => pool.close());

/** A target whose behaviour can be changed: `status` of the health check, or silence. */
async function target(
  name: string,
): Promise<{ address: string; behave: { health: number | 'silent' }; checks: () => number }> {
  const behave: { health: number | 'silent' } = { health: 200 };
  let checks = 0;
  const server = http.createServer((request, response) => {
    if (request.url === '/api/health') {
      checks += 1;
      if (behave.health === 'silent') return;
      response.statusCode = behave.health;
    }
    if (request.url === '/silent') return;
    if (request.url === '/broken') {
      request.socket.destroy();
      return;
    }
    const { host, 'x-forwarded-for': client, 'x-forwarded-proto': scheme } = request.headers;
    request
      .resume()
      .once('end', () =>
        response.end(`${name} ${request.method ?? ''} ${host ?? ''} ${String(client)} ${String(scheme)}`),
      );
  });
  servers.push(server);
  const address = await pool.claim();
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return { address, behave, checks: () => checks };
}

async function open(onExchange?: (exchange: Exchange) => void): Promise<LoadBalancer> {
  const balancer = await LoadBalancer.open({
    address: await pool.claim(),
    port: 8080,
    defaultAction: { kind: 'forward', groups: [{ group, weight: 1 }] },
    idleTimeoutSeconds: 0.2,
    ...(onExchange === undefined ? {} : { onExchange }),
  });
  balancers.push(balancer);
  return balancer;
}

const states = (): unknown[] => group.targets().map(({ id, state, reason }) => [id, state, reason]);
const ask = async (balancer: LoadBalancer, path = '/', init: RequestInit = {}): Promise<[number, string]> => {
  const response = await fetch(balancer.url + path, init);
  return [response.status, await response.text()];
};

describe('targets', () => {
  it('are unused until a rule forwards to them, then initial, then healthy after one pass', async () => {
    const one = await target('one');
    group.register('i-1', one.address, port);
    expect(states()).toEqual([['i-1', 'unused', 'not-in-use']]);
    await clock.advance(100);
    expect(one.checks()).toBe(0);
    const balancer = await open();
    expect(states()).toEqual([['i-1', 'initial', 'registering']]);
    await clock.advance(0);
    expect(states()).toEqual([['i-1', 'healthy', undefined]]);
    await clock.advance(90);
    expect(one.checks()).toBe(4);
    balancer.setRules([], { kind: 'fixed-response', status: 503, contentType: 'text/plain', body: '' });
    expect(states()).toEqual([['i-1', 'unused', 'not-in-use']]);
    await clock.advance(100);
    expect(one.checks()).toBe(4);
  });

  it('become unhealthy and healthy again at their thresholds, with the reason', async () => {
    const one = await target('one');
    group.register('i-1', one.address, port);
    await open();
    await clock.advance(0);
    one.behave.health = 503;
    await clock.advance(30);
    expect(states()).toEqual([['i-1', 'healthy', undefined]]);
    await clock.advance(30);
    expect(group.targets()[0]).toMatchObject({ state: 'unhealthy', reason: 'wrong-status', status: 503 });
    one.behave.health = 'silent';
    await clock.advance(30);
    expect(states()).toEqual([['i-1', 'unhealthy', 'timed-out']]);
    one.behave.health = 200;
    await clock.advance(60);
    expect(states()).toEqual([['i-1', 'unhealthy', 'timed-out']]);
    await clock.advance(30);
    expect(states()).toEqual([['i-1', 'healthy', undefined]]);
  });

  it('that refuse from the start stay initial until the threshold', async () => {
    group.register('i-1', await pool.claim(), port);
    await open();
    await clock.advance(0);
    expect(states()).toEqual([['i-1', 'initial', 'first-checks']]);
    await clock.advance(30);
    expect(states()).toEqual([['i-1', 'unhealthy', 'refused']]);
  });

  it('drain for the delay and can be registered again meanwhile', async () => {
    const one = await target('one');
    group.register('i-1', one.address, port);
    const balancer = await open();
    await clock.advance(0);
    group.deregister('i-1');
    group.deregister('i-unknown');
    expect(states()).toEqual([['i-1', 'draining', 'deregistering']]);
    expect((await ask(balancer))[0]).toBe(503);
    await clock.advance(200);
    group.register('i-1', one.address, port);
    await clock.advance(200);
    expect(states()).toEqual([['i-1', 'healthy', undefined]]);
    group.deregister('i-1');
    await clock.advance(299);
    expect(states()).toHaveLength(1);
    await clock.advance(1);
    expect(states()).toEqual([]);
  });
});

describe('requests', () => {
  it('go to the healthy targets in turn, with what the client was', async () => {
    const [one, two, three] = await Promise.all([target('one'), target('two'), target('three')]);
    three.behave.health = 500;
    group.register('i-1', one.address, port);
    group.register('i-2', two.address, port);
    group.register('i-3', three.address, port);
    const exchanges: Exchange[] = [];
    const balancer = await open((exchange) => exchanges.push(exchange));
    await clock.advance(30);
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await ask(balancer, '/x', { method: 'POST', body: 'abc' }));
    expect(answers.map(([status, body]) => [status, body.split(' ')[0]]).sort()).toEqual([
      [200, 'one'],
      [200, 'one'],
      [200, 'two'],
      [200, 'two'],
    ]);
    expect(answers[0]?.[1]).toMatch(new RegExp(`^\\w+ POST ${balancer.address.address}:8080 127\\.\\S+ http$`));
    expect(exchanges.map(({ status, by, group: name }) => [status, by, name])).toEqual(
      Array(4).fill([200, 'target', 'app']),
    );
  });

  it('go to all when none is healthy, and are 503 when there is none', async () => {
    const one = await target('one');
    one.behave.health = 500;
    const balancer = await open();
    expect((await ask(balancer))[0]).toBe(503);
    group.register('i-1', one.address, port);
    await clock.advance(60);
    expect(states()).toEqual([['i-1', 'unhealthy', 'wrong-status']]);
    expect((await ask(balancer))[0]).toBe(200);
  });

  it('are 502 when the target refuses or breaks off, 504 when it is silent', async () => {
    const one = await target('one');
    group.register('i-1', one.address, port);
    const exchanges: Exchange[] = [];
    const balancer = await open((exchange) => exchanges.push(exchange));
    expect((await ask(balancer, '/broken'))[0]).toBe(502);
    expect((await ask(balancer, '/silent'))[0]).toBe(504);
    servers[0]!.closeAllConnections();
    await new Promise((resolve) => servers[0]!.close(resolve));
    expect((await ask(balancer))[0]).toBe(502);
    expect(exchanges.map(({ status, by }) => [status, by])).toEqual([
      [502, 'balancer'],
      [504, 'balancer'],
      [502, 'balancer'],
    ]);
  });

  it('end a connection to a target that nothing has used for the idle timeout, before the target does', async () => {
    const one = await target('one');
    servers[0]!.keepAliveTimeout = 0;
    const ended = new Promise((resolve) => {
      servers[0]!.on('request', ({ socket }) => socket.once('end', resolve));
    });
    group.register('i-1', one.address, port);
    const balancer = await open();
    expect((await ask(balancer))[0]).toBe(200);
    await ended;
    expect((await ask(balancer))[0]).toBe(200);
  });

  it('break when the target breaks off in the middle of its answer', async () => {
    const server = net.createServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy());
      }),
    );
    const address = await pool.claim();
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    group.register('i-1', address, port);
    const balancer = await open();
    await expect(ask(balancer)).rejects.toThrow();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('rules', () => {
  const page = (body: string) => ({ kind: 'fixed-response', status: 503, contentType: 'text/html', body }) as const;

  it('are tried by priority, and can be changed at run time', async () => {
    const one = await target('one');
    group.register('i-1', one.address, port);
    const balancer = await open();
    expect((await ask(balancer))[0]).toBe(200);
    balancer.setRules([
      { priority: 20, conditions: [], action: page('all') },
      { priority: 10, conditions: [{ kind: 'path', patterns: ['/api/*', '/v?'] }], action: page('api') },
      {
        priority: 5,
        conditions: [
          { kind: 'header', header: 'X-Test', patterns: ['yes*'] },
          { kind: 'method', methods: ['GET'] },
        ],
        action: { kind: 'forward', groups: [{ group, weight: 1 }] },
      },
    ]);
    expect(await ask(balancer, '/api/x?y')).toEqual([503, 'api']);
    expect(await ask(balancer, '/v2')).toEqual([503, 'api']);
    expect(await ask(balancer, '/v22')).toEqual([503, 'all']);
    expect((await ask(balancer, '/', { headers: { 'x-test': 'YES!' } }))[0]).toBe(200);
    expect((await ask(balancer, '/', { method: 'POST', headers: { 'x-test': 'yes' } }))[0]).toBe(503);
    const response = await fetch(balancer.url);
    expect(response.headers.get('content-type')).toBe('text/html');
    balancer.setRules([{ priority: 1, conditions: [{ kind: 'host', patterns: ['*.example'] }], action: page('host') }]);
    expect((await ask(balancer))[0]).toBe(200);
  });

  it('of one priority are refused, and nothing is changed', async () => {
    const balancer = await open();
    const rule = { priority: 1, conditions: [], action: page('x') };
    expect(() => {
      balancer.setRules([rule, { ...rule }]);
    }).toThrow(PriorityTaken);
    expect(balancer.rules).toEqual([]);
  });

  it('with weights send nothing to a weight of nought', async () => {
    const [one, two] = await Promise.all([target('one'), target('two')]);
    const other = new TargetGroup('other', clock, check);
    group.register('i-1', one.address, port);
    other.register('i-2', two.address, port);
    const balancer = await open();
    balancer.setRules([
      {
        priority: 1,
        conditions: [],
        action: {
          kind: 'forward',
          groups: [
            { group, weight: 0 },
            { group: other, weight: 10 },
          ],
        },
      },
    ]);
    for (let count = 0; count < 5; count += 1) expect((await ask(balancer))[1]).toMatch(/^two/);
    other.close();
  });
});
