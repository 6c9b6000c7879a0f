import { once } from 'node:events';
import { createServer } from 'node:net';
import { AddressPool } from '../../../sandbox/databases';

const linux = process.platform === 'linux';

(linux ? test : test.skip)('servers share a port on addresses of their own', async () => {
  const pool = new AddressPool({ network: '127.0.91', port: 15432 });
  const [first, second] = await Promise.all([pool.take(), pool.take()]);
  expect([first, second]).toEqual([
    { host: '127.0.91.1', port: 15432 },
    { host: '127.0.91.2', port: 15432 },
  ]);
  const elsewhere = new AddressPool({ network: '127.0.91', port: 15432 });
  await expect(elsewhere.take()).resolves.toEqual({ host: '127.0.91.3', port: 15432 });
  await pool.release(first);
  await expect(pool.take()).resolves.toEqual(first);
});

(linux ? test : test.skip)('an address with a listener is passed over', async () => {
  const server = createServer().listen(15433, '127.0.92.1');
  await once(server, 'listening');
  await expect(new AddressPool({ network: '127.0.92', port: 15433 }).take()).resolves.toEqual({
    host: '127.0.92.2',
    port: 15433,
  });
  server.close();
  await once(server, 'close');
});

test('where the port is taken on all addresses, a spare port below 32768 is given', async () => {
  const server = createServer().listen(15434, '0.0.0.0');
  await once(server, 'listening');
  const pool = new AddressPool({ network: '127.0.91', port: 15434 });
  const [first, second] = await Promise.all([pool.take(), pool.take()]);
  expect(first).not.toEqual(second);
  for (const { port } of [first, second]) {
    expect(port).toBeGreaterThanOrEqual(20000);
    expect(port).toBeLessThan(32768);
  }
  server.close();
  await once(server, 'close');
});

test('where the platform has one loopback address only, each server gets a port on it', async () => {
  // 198.51.100.0/24 is for documentation: no machine has it, as macOS has no 127.0.7.1.
  const pool = new AddressPool({ network: '198.51.100' });
  const [first, second] = await Promise.all([pool.take(), pool.take()]);
  expect(first.host).toBe('127.0.0.1');
  expect(second.host).toBe('127.0.0.1');
  expect(first.port).not.toBe(second.port);
});
