import * as net from 'node:net';
import { AddressPool, AliasLoop, canListen, freePort, NameNotFound, NameResolver } from '../../../sandbox/network';

describe('names', () => {
  const names = new NameResolver();
  afterAll(() => names.close());

  it('follow aliases, with the shortest time to live', () => {
    names.setAlias('DB.app.internal.', 'instance.rds.internal', 30);
    names.set('instance.rds.internal', ['127.0.20.1', '127.0.20.2'], 60);
    expect(names.resolve('db.app.internal')).toEqual({
      addresses: ['127.0.20.1', '127.0.20.2'],
      ttlSeconds: 30,
      chain: ['db.app.internal', 'instance.rds.internal'],
    });
    names.set('instance.rds.internal', ['127.0.20.3']);
    expect(names.resolve('db.app.internal').addresses).toEqual(['127.0.20.3']);
    names.remove('instance.rds.internal');
    expect(() => names.resolve('db.app.internal')).toThrow(NameNotFound);
    expect(() => names.resolve('example.com')).toThrow(NameNotFound);
  });

  it('refuse a loop', () => {
    names.setAlias('a.internal', 'b.internal');
    names.setAlias('b.internal', 'a.internal');
    expect(() => names.resolve('a.internal')).toThrow(AliasLoop);
  });

  it('are served to host processes', async () => {
    names.set('web.internal', ['127.0.20.9'], 5);
    const url = await names.serve();
    expect(await (await fetch(`${url}/web.internal`)).json()).toEqual({
      addresses: ['127.0.20.9'],
      ttlSeconds: 5,
      chain: ['web.internal'],
    });
    const missing = await fetch(`${url}/example.com`);
    expect([missing.status, await missing.json()]).toEqual([404, { error: 'NameNotFound' }]);
    expect((await fetch(`${url}/a.internal`)).status).toBe(404);
  });
});

describe('addresses', () => {
  it('are claimed once, over all sandboxes of the computer, and can be released', async () => {
    const [one, two] = [new AddressPool(), new AddressPool()];
    const claimed = await Promise.all([...Array(20).keys()].map((count) => (count % 2 === 0 ? one : two).claim()));
    expect(new Set(claimed).size).toBe(20);
    expect(claimed.every((address) => /^127\.0\.\d+\.\d+$/.test(address))).toBe(true);
    expect(await canListen(claimed[0]!, 31_999)).toBe(false);
    await one.release(claimed[0]!);
    expect(await canListen(claimed[0]!, 31_999)).toBe(true);
    await Promise.all([one.close(), two.close()]);
  });

  it('are shared where the system has only one', async () => {
    const pool = new AddressPool('darwin');
    expect(pool.sharesAddress).toBe(true);
    expect(await pool.claim()).toBe('127.0.0.1');
  });

  it('have free ports below those of outgoing connections', async () => {
    const port = await freePort('127.0.0.1');
    expect(port).toBeLessThan(32_768);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await canListen('127.0.0.1', port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });
});
