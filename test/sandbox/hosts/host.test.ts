import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import * as readline from 'node:readline';
import * as z from 'zod';
import { CommandUndelivered, HostNotRunning, standIns, type Host } from '../../../sandbox/hosts';
import { Fixture, until, writeUnit } from './fixture';

const fixture = new Fixture();
let host: Host;

beforeAll(async () => {
  await fixture.open();
  host = await fixture.host({
    role: 'host-role',
    getSecretValue: ({ secretId, role }) => {
      if (secretId === 'app/database') return Promise.resolve(JSON.stringify({ role }));
      return Promise.reject(Object.assign(new Error('not for you'), { name: 'AccessDeniedException' }));
    },
  });
});
afterAll(() => fixture.close());

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A process that is dead but not yet collected by its parent is a zombie: not alive.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const accepts = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

describe('run', () => {
  it('gives the output, the exit code and the environment, with paths mapped', async () => {
    const result = await host.run('#!/bin/bash\necho "$SSM_word|$SSM_folder|$SSM_url"; echo oops >&2; exit 7', {
      SSM_word: 'it\'s $HOME; "x"',
      SSM_folder: '/var/www/interview-app',
      SSM_url: '/api/health',
    });
    expect(result).toMatchObject({ exitCode: 7, signal: null, stderr: 'oops\n', timedOut: false, cancelled: false });
    expect(result.stdout).toBe(`it's $HOME; "x"|${host.root}/var/www/interview-app|/api/health\n`);
  });

  it('lets nothing of our own environment in', async () => {
    process.env['LIFEBOAT_TEST_LEAK'] = 'leak';
    const { stdout } = await host.run('env');
    delete process.env['LIFEBOAT_TEST_LEAK'];
    expect(stdout).not.toContain('leak');
    expect(stdout).toContain(`HOME=${host.root}/root`);
  });

  it('runs in the folder it is told', async () => {
    const { stdout } = await host.run('pwd', {}, { folder: '/var/www' });
    expect(stdout.trim()).toBe(host.path('/var/www'));
  });

  it('does not wait for a background process, and returns large output whole', async () => {
    const began = Date.now();
    const result = await host.run('sleep 60 & head -c 300000 /dev/zero | tr "\\0" x');
    expect(result.stdout).toHaveLength(300_000);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('kills the whole group when the time is over', async () => {
    const result = await host.run('bash -c "echo \\$\\$; sleep 600" & echo started; wait', {}, { timeoutSeconds: 1 });
    expect(result).toMatchObject({ timedOut: true, cancelled: false, exitCode: null, signal: 'SIGKILL' });
    const pid = Number(/^\d+$/m.exec(result.stdout)?.[0]);
    expect(pid).toBeGreaterThan(0);
    await until(() => !lives(pid));
  });

  it('kills the whole group when it is cancelled', async () => {
    const control = new AbortController();
    const mark = host.path('/tmp/running');
    const running = host.run(`echo $$ > ${mark}; sleep 600; true`, {}, { signal: control.signal });
    await until(() => fs.existsSync(mark) && fs.readFileSync(mark, 'utf8').endsWith('\n'));
    control.abort();
    expect(await running).toMatchObject({ cancelled: true, timedOut: false, signal: 'SIGKILL' });
    await until(() => !lives(Number(fs.readFileSync(mark, 'utf8'))));
  });

  it('delivers nothing to a silenced host until it answers again', async () => {
    const file = host.path('/tmp/delivered');
    host.silence();
    expect(host.answering).toBe(false);
    const control = new AbortController();
    const given = host.run('true', {}, { signal: control.signal });
    control.abort();
    await expect(given).rejects.toBeInstanceOf(CommandUndelivered);
    const held = host.run(`touch ${file}`);
    expect(fs.existsSync(file)).toBe(false);
    host.answer();
    expect((await held).exitCode).toBe(0);
    expect(fs.existsSync(file)).toBe(true);
  });

  it('holds back the result of a command that finishes while the agent is silenced', async () => {
    const file = host.path('/tmp/finished');
    const control = new AbortController();
    const running = host.run(
      `until [ -e ${file}.go ]; do sleep 0.02; done; touch ${file}`,
      {},
      { signal: control.signal },
    );
    host.silence();
    fs.writeFileSync(`${file}.go`, '');
    await until(() => fs.existsSync(file));
    control.abort();
    await expect(running).rejects.toBeInstanceOf(CommandUndelivered);
    host.answer();
  });
});

describe('stand-ins', () => {
  it('resolves names of the sandbox and nothing else', async () => {
    fixture.names.setAlias('db.app.internal', 'instance.rds.internal');
    fixture.names.set('instance.rds.internal', ['127.0.99.7']);
    const { stdout } = await host.run(
      [
        'getent hosts db.app.internal',
        'getent ahosts db.app.internal',
        'getent hosts example.com || echo "code $?"',
        `node -e 'require("dns").lookup("db.app.internal", (e, a) => console.log(e?.code ?? a))'`,
        `node -e 'require("dns").lookup("example.com", (e, a) => console.log(e?.code ?? a))'`,
        'curl -sS http://example.com/ 2>&1 || echo "code $?"',
        'pg_isready -h nowhere.internal 2>&1 || true',
      ].join('\n'),
    );
    expect(stdout.split('\n')).toEqual([
      '127.0.99.7      db.app.internal',
      '127.0.99.7      STREAM db.app.internal',
      '127.0.99.7      DGRAM',
      '127.0.99.7      RAW',
      'code 2',
      '127.0.99.7',
      'ENOTFOUND',
      'curl: (6) Could not resolve host: example.com',
      'code 6',
      'pg_isready: error: could not translate host name "nowhere.internal" to address: Name or service not known',
      '',
    ]);
  });

  it('reads a secret by the role of the host, and prints a refusal as the AWS CLI does', async () => {
    const read = (id: string): string =>
      `aws secretsmanager get-secret-value --secret-id ${id} --query SecretString --output text --region eu-central-1`;
    const good = await host.run(read('app/database'));
    expect(good).toMatchObject({ exitCode: 0, stdout: '{"role":"host-role"}\n' });
    const denied = await host.run(read('other'));
    expect(denied).toMatchObject({
      exitCode: 254,
      stderr: '\nAn error occurred (AccessDeniedException) when calling the GetSecretValue operation: not for you\n',
    });
    const unknown = await host.run('aws s3 cp s3://a/b .');
    expect(unknown).toMatchObject({ exitCode: 64, stderr: 'aws: not simulated by this sandbox: s3 cp s3://a/b .\n' });
  });

  it('has no credentials without a role', async () => {
    const bare = await fixture.host();
    const result = await bare.run(
      'aws secretsmanager get-secret-value --secret-id x --query SecretString --output text',
    );
    expect(result.exitCode).toBe(253);
    expect(result.stderr).toContain('Unable to locate credentials');
    await bare.destroy();
  });

  it('refuses what would act on the real computer', async () => {
    const result = await host.run('sudo lvconvert --merge /dev/vg0/x');
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toMatch(/^lvconvert: not simulated/);
  });

  it('sudo resets the environment and passes the exit code on', async () => {
    const result = await host.run('export PGHOST=x; sudo bash -c \'echo "[$PGHOST]"; exit 3\'');
    expect(result).toMatchObject({ exitCode: 3, stdout: '[]\n' });
  });

  it('names every stand-in that is on the PATH', () => {
    const named = standIns().flatMap(({ name }) => name.split(', '));
    expect(fs.readdirSync(host.path('/usr/lib/lifeboat/bin')).filter((program) => !named.includes(program))).toEqual(
      [],
    );
    expect(standIns().every(({ why }) => why.length > 10)).toBe(true);
  });
});

const server = (extra = ''): string =>
  `[Service]\nExecStart=/usr/bin/node -e "require('http').createServer((q,s)=>s.end('from '+process.env.NAME)).listen(3000)"\n${extra}\n[Install]\nWantedBy=multi-user.target\n`;

describe('life', () => {
  it('two hosts each have their port 3000, and localhost is their own', async () => {
    const other = await fixture.host();
    for (const one of [host, other]) {
      writeUnit(one, 'web.service', server(`Environment=NAME=${one.id}`));
      expect(await one.systemctl('start', 'web')).toMatchObject({ code: 0 });
    }
    for (const one of [host, other]) {
      const ask = 'curl -sS --retry 20 --retry-delay 1 --retry-connrefused --max-time 5 http://localhost:3000/';
      expect((await one.run(ask)).stdout).toBe(`from ${one.id}`);
      const fromNode = `node -e 'fetch("http://localhost:3000/").then((r) => r.text()).then(console.log)'`;
      expect((await one.run(fromNode)).stdout).toBe(`from ${one.id}\n`);
    }
    await other.destroy();
    await host.systemctl('stop', 'web');
  });

  it('keeps its disk over stop and start, and starts enabled units again', async () => {
    const one = await fixture.host();
    writeUnit(one, 'web.service', server());
    await one.run('systemctl enable --now web; echo kept > $SSM_file', { SSM_file: '/var/lib/kept' });
    const { pid } = await one.unitReaches(({ active }) => active === 'active');
    await one.stop();
    expect(one.running).toBe(false);
    expect(lives(pid)).toBe(false);
    await expect(one.systemctl('is-active', 'web')).rejects.toBeInstanceOf(HostNotRunning);
    await one.start();
    expect(await one.systemctl('is-active', 'web')).toMatchObject({ code: 0, stdout: 'active\n' });
    expect(fs.readFileSync(one.path('/var/lib/kept'), 'utf8')).toBe('kept\n');
    await one.destroy();
    expect(fs.existsSync(one.root)).toBe(false);
  });

  it('ends a running command with HostNotRunning when it crashes', async () => {
    const one = await fixture.host();
    const running = one.run('sleep 600');
    const outcome = expect(running).rejects.toBeInstanceOf(HostNotRunning);
    await one.crash();
    await outcome;
  });

  it('leaves no process and no port when its parent is killed with SIGKILL', async () => {
    const script = `
      const { Host } = require(${JSON.stringify(path.resolve('sandbox/hosts'))});
      const { AddressPool, NameResolver } = require(${JSON.stringify(path.resolve('sandbox/network'))});
      const fs = require('node:fs');
      void (async () => {
        const root = ${JSON.stringify(path.join(fixture.folder, 'orphan'))};
        const host = await Host.boot({ id: 'i-1', root, address: await new AddressPool().claim(), resolver: await new NameResolver().serve() });
        fs.writeFileSync(host.path('/etc/systemd/system/web.service'), ${JSON.stringify(server())});
        await host.systemctl('start', 'web');
        await host.run('curl -sS --retry 20 --retry-delay 1 --retry-connrefused http://localhost:3000/');
        // One process that leaves its group, one command under way.
        await host.run('setsid sleep 600 & echo $! > $SSM_file', { SSM_file: '/tmp/escaped' });
        void host.run('echo $$ > $SSM_file; sleep 600; true', { SSM_file: '/tmp/command' });
        const { pid } = await host.unitReaches((state) => state.active === 'active');
        console.log(JSON.stringify({ pid, ...host.endpoint(3000) }));
      })();`;
    const parent = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = z.tuple([z.string()]).parse(await once(readline.createInterface({ input: parent.stdout }), 'line'));
    const { pid, address, port } = z
      .object({ pid: z.int(), address: z.string(), port: z.int() })
      .parse(JSON.parse(line));
    const command = path.join(fixture.folder, 'orphan/tmp/command');
    await until(() => fs.existsSync(command) && fs.readFileSync(command, 'utf8').endsWith('\n'));
    const pids = [
      pid,
      ...['command', 'escaped'].map((name) => Number(fs.readFileSync(path.join(path.dirname(command), name), 'utf8'))),
    ];
    expect(pids.map(lives)).toEqual([true, true, true]);
    expect(await accepts(address, port)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !pids.some(lives), 2000);
    expect(await accepts(address, port)).toBe(false);
  });
});
