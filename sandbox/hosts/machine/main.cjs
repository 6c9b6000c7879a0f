'use strict';
/**
 * One simulated machine: its service manager and its agent, in one process of its own. Orders come as lines of JSON on
 * standard input, answers and news go out the same way on standard output. When standard input ends, whoever started
 * the machine is gone, even if it was killed with SIGKILL: then everything the machine started is killed and it ends.
 */
const http = require('node:http');
const fs = require('node:fs');
const readline = require('node:readline');
const { Systemd } = require('./systemd.cjs');
const { Commands } = require('./commands.cjs');
const { Lvm } = require('./lvm.cjs');
const { runProgram } = require('./lvm-programs.cjs');
const { signalGroup } = require('./unit.cjs');

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const groups = new Set();
const machine = {
  root: '',
  environment: {},
  faults: new Set(),
  track(pid) {
    groups.add(pid);
    say({ event: 'group', pid, alive: true });
  },
  untrack(pid) {
    groups.delete(pid);
    say({ event: 'group', pid, alive: false });
  },
  changed(unit) {
    say({
      event: 'unit',
      name: unit.definition.name,
      active: unit.active,
      sub: unit.sub,
      result: unit.result,
      pid: unit.pid,
    });
  },
};

/** Processes that left their group, found by the mark in their environment (where the system shows it). */
function stragglers() {
  const mark = `LIFEBOAT_MACHINE=${machine.environment.LIFEBOAT_MACHINE}`;
  let pids;
  try {
    pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return [];
  }
  return pids.filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
    } catch {
      return false;
    }
  });
}

function killEverything() {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
  // Twice: a process may have been forked while the list was read.
  for (let round = 0; round < 2; round += 1) {
    for (const pid of stragglers()) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }
}

function end() {
  killEverything();
  process.exit(0);
}

const awaitingAws = new Map();
let nextAws = 0;

/** What the stand-ins on this host call: `systemctl` here, `aws` through the sandbox. The token keeps strangers out. */
function listen(systemd, token) {
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const reply = (body) => response.end(JSON.stringify(body));
    if (request.headers['x-lifeboat-token'] !== token) {
      response.statusCode = 403;
      return reply({ code: 1, stdout: '', stderr: 'not a process of this host\n' });
    }
    try {
      const body = JSON.parse(Buffer.concat(parts).toString());
      if (request.url === '/volumes') return reply(runProgram(machine.lvm, body.program, body.argv));
      if (request.url === '/systemctl') return reply(await systemd.systemctl(body.verb, body.units, body.options));
      const id = (nextAws += 1);
      return reply(
        await new Promise((resolve) => {
          awaitingAws.set(id, resolve);
          say({ event: 'aws', id, argv: body.argv });
        }),
      );
    } catch (error) {
      return reply({ code: 70, stdout: '', stderr: `${error.stack}\n` });
    }
  });
  return new Promise((resolve) => {
    server.listen(0, machine.environment.LIFEBOAT_ADDRESS, () => resolve(server.address().port));
  });
}

async function boot(order) {
  machine.root = order.root;
  machine.environment = order.environment;
  machine.lvm = new Lvm(machine);
  machine.lvm.boot();
  const systemd = new Systemd(machine);
  const port = await listen(systemd, order.environment.LIFEBOAT_MACHINE);
  machine.environment.LIFEBOAT_INIT = `http://${order.environment.LIFEBOAT_ADDRESS}:${port}`;
  await systemd.boot();
  return { systemd, commands: new Commands(machine) };
}

let booted;
async function obey(order) {
  if (order.do === 'boot') {
    booted = boot(order);
    await booted;
    return {};
  }
  const { systemd, commands } = await booted;
  switch (order.do) {
    case 'run':
      return commands.run(order.command);
    case 'cancel':
      return commands.cancel(order.command);
    case 'systemctl':
      return systemd.systemctl(order.verb, order.units, order.options);
    case 'fault':
      machine.faults[order.on ? 'add' : 'delete'](order.unit);
      return {};
    case 'volume-create':
      machine.lvm.create(order.volume);
      return {};
    case 'disk-attach':
      machine.lvm.disks.attach(order.volumeId, order.folder);
      return {};
    case 'disk-detach':
      machine.lvm.disks.detach(order.volumeId, order.folder);
      return {};
    case 'disk-copy':
      machine.lvm.disks.copy(order.volumeId, order.folder);
      return {};
    case 'volume-fault':
      machine.lvm.fault(order.faults);
      return {};
    case 'aws-answer':
      awaitingAws.get(order.call)?.(order.answer);
      awaitingAws.delete(order.call);
      return {};
    case 'shutdown':
      await Promise.all(systemd.units.map((unit) => unit.stop()));
      return {};
    default:
      throw new Error(`A machine does not know the order ${order.do}`);
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  obey(order).then(
    (result) => say({ answer: order.id, result: result ?? {} }),
    (error) => say({ answer: order.id, error: error.stack }),
  );
});
process.stdin.once('end', end);
process.stdin.once('error', end);
// Nobody listens any more: the end of standard input follows.
process.stdout.once('error', end);
process.once('SIGTERM', end);
process.once('SIGINT', () => undefined);
