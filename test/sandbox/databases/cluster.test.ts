import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import {
  Cluster,
  createLogin,
  FolderInUseError,
  ServerNotRunningError,
  ServerRunningError,
  ServerStartError,
  SettingRefusedError,
} from '../../../sandbox/databases';
import { isAlive, childrenOf } from '../../../sandbox/databases/processes';
import { describeEachSource, login, PASSWORD, processesOf, Site, sql } from './machine';

describeEachSource('a cluster', (source) => {
  let site: Site;
  let cluster: Cluster;

  beforeAll(async () => {
    site = await Site.make(source);
    cluster = await site.cluster();
    await createLogin(cluster, { name: 'app', password: PASSWORD });
  });

  afterAll(() => site.dispose());

  test('a client with the authority and the right name gets in over TLS', async () => {
    const client = await login(cluster, { user: 'app', database: 'postgres' });
    const { rows } = await client.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    expect(rows).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
    await client.end();
  });

  test('a wrong name, a wrong password, no TLS, and the superuser are refused', async () => {
    const attempt = async (config: Parameters<typeof login>[1]) =>
      (await login(cluster, { database: 'postgres', ...config })).end();
    const ssl = { ca: site.authority.certificate, servername: 'elsewhere.example' };
    await expect(attempt({ user: 'app', ssl })).rejects.toThrow(/does not match certificate/);
    await expect(attempt({ user: 'app', ssl: { servername: cluster.options.names[0] } })).rejects.toThrow(
      /certificate/,
    );
    await expect(attempt({ user: 'app', password: 'wrong' })).rejects.toThrow(/password authentication failed/);
    await expect(attempt({ user: 'app', ssl: false })).rejects.toThrow(/no encryption/);
    await expect(attempt({ user: 'rdsadmin' })).rejects.toThrow(/pg_hba.conf rejects connection/);
  });

  test('after a rename the certificate is for the new name and not for the old', async () => {
    const by = (servername: string) => ({
      user: 'app',
      database: 'postgres',
      ssl: { ca: site.authority.certificate, servername },
    });
    await cluster.rename(['new.example', '127.0.9.200']);
    await (await login(cluster, by('new.example'))).end();
    await expect(login(cluster, by(cluster.options.names[0]))).rejects.toThrow(/does not match certificate/);
    await cluster.rename(cluster.options.names);
  });

  test('settings apply at once or are named as waiting for a restart; the sandbox keeps its own', async () => {
    const show = (name: string) =>
      cluster.withAdmin(
        'postgres',
        async (admin) => (await admin.one(z.record(z.string(), z.string()), `SHOW ${name}`))[name],
      );
    await expect(cluster.configure({ work_mem: '6MB', max_connections: '30' })).resolves.toEqual(['max_connections']);
    await expect(show('work_mem')).resolves.toBe('6MB');
    await expect(cluster.configure({ fsync: 'on' })).rejects.toThrow(SettingRefusedError);
    await cluster.stop();
    await cluster.start();
    await expect(show('max_connections')).resolves.toBe('30');
  });

  test('no password reaches the log, not even by a statement that fails', async () => {
    await expect(sql(cluster, 'postgres', `ALTER ROLE nobody_here PASSWORD 'Tell-Tale-1'`)).rejects.toThrow(
      'does not exist',
    );
    const log = await readFile(cluster.logFile, 'utf8');
    expect(log).toContain('nobody_here');
    expect(log).not.toContain('Tell-Tale-1');
    expect(log).not.toContain(PASSWORD);
  });

  test('what was committed survives SIGKILL of the server and all sessions', async () => {
    const client = await login(cluster, { user: 'app', database: 'postgres' });
    await sql(cluster, 'postgres', 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
    const broken = new Promise((resolve) => client.once('end', resolve));
    const pid = z.number().parse(cluster.pid);
    const sessions = await childrenOf(pid);
    expect(sessions.length).toBeGreaterThan(3);
    await cluster.kill();
    await broken;
    expect(cluster.running).toBe(false);
    for (const id of [pid, ...sessions]) await expect(isAlive(id)).resolves.toBe(false);
    await expect(sql(cluster, 'postgres', 'SELECT 1')).rejects.toThrow(ServerNotRunningError);
    await cluster.start();
    const { count } = await cluster.withAdmin('postgres', (admin) =>
      admin.one(z.object({ count: z.coerce.number() }), 'SELECT count(*) FROM kept'),
    );
    expect(count).toBe(1000);
  });

  test('it cannot be started twice, nor another be made in its folder', async () => {
    await expect(cluster.start()).rejects.toThrow(ServerRunningError);
    await expect(Cluster.create({ ...(await site.options()), folder: cluster.folder })).rejects.toThrow(
      FolderInUseError,
    );
    expect(cluster.running).toBe(true);
  });

  test('a port that is taken is a named error with the log, and the server starts when it is free', async () => {
    await cluster.stop();
    const squatter = createServer().listen(cluster.options.address.port, cluster.options.address.host);
    await once(squatter, 'listening');
    const error: unknown = await cluster.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServerStartError);
    expect(String(error)).toContain('Address already in use');
    await expect(processesOf(cluster.folder)).resolves.toEqual([]);
    squatter.close();
    await once(squatter, 'close');
    await cluster.start();
    expect(cluster.running).toBe(true);
  });

  test('a long path has its socket elsewhere; after destroy no process, listener or folder is left', async () => {
    const steps: string[] = [];
    const long = await site.cluster({
      folder: `${site.folder}/${'deep'.repeat(30)}`,
      onProgress: (step) => steps.push(step),
    });
    const Socket = z.object({ unix_socket_directories: z.string() });
    const { unix_socket_directories: socket } = await long.withAdmin('postgres', (admin) =>
      admin.one(Socket, 'SHOW unix_socket_directories'),
    );
    expect(socket.startsWith(long.folder)).toBe(false);
    await long.destroy();
    await expect(long.ended()).resolves.toBe(0);
    expect(steps).toEqual(['initialising', 'starting', 'ready']);
    await expect(processesOf(long.folder)).resolves.toEqual([]);
    await expect(stat(socket)).rejects.toThrow('ENOENT');
    await expect(stat(long.folder)).rejects.toThrow('ENOENT');
    const [refused] = z
      .tuple([z.object({ code: z.string() })])
      .parse(await once(connect(long.options.address), 'error'));
    expect(refused.code).toBe('ECONNREFUSED');
  });
});
