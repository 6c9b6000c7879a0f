'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { mapPath, mapEnvironment } = require('./paths.cjs');
const { signalGroup } = require('./unit.cjs');

/**
 * What the SSM agent does with a shell script: it is written to a file, run in a process group of its own with its
 * output in files (so that a background process it leaves behind does not hold the command open), and its whole group
 * is killed when its time is over or it is cancelled.
 */
class Commands {
  #running = new Map();

  constructor(machine) {
    this.machine = machine;
  }

  run({ id, script, environment, timeoutMs, folder }) {
    const { root } = this.machine;
    const place = path.join(root, 'var/lib/amazon/ssm', id);
    fs.mkdirSync(place, { recursive: true, mode: 0o700 });
    const file = path.join(place, '_script.sh');
    fs.writeFileSync(file, script, { mode: 0o700 });
    const [stdout, stderr] = ['stdout', 'stderr'].map((name) => fs.openSync(path.join(place, name), 'w'));
    const startedAt = Date.now();
    const command = { timedOut: false, cancelled: false, pid: 0 };
    this.#running.set(id, command);
    return new Promise((resolve) => {
      const done = (exitCode, signal, problem = '') => {
        clearTimeout(command.timer);
        this.#running.delete(id);
        if (command.pid !== 0) this.machine.untrack(command.pid);
        const [out, err] = ['stdout', 'stderr'].map((name) => fs.readFileSync(path.join(place, name), 'utf8'));
        fs.rmSync(place, { recursive: true, force: true });
        const { timedOut, cancelled } = command;
        resolve({
          exitCode,
          signal,
          stdout: out,
          stderr: err + problem,
          timedOut,
          cancelled,
          startedAt,
          endedAt: Date.now(),
        });
      };
      // The script's first line chooses its interpreter, as for the agent; without one it is bash.
      const [program, ...argv] = script.startsWith('#!') ? [file] : ['bash', file];
      const child = spawn(program, argv, {
        cwd: folder === undefined ? place : mapPath(root, folder),
        env: { ...this.machine.environment, ...mapEnvironment(root, environment) },
        stdio: ['ignore', stdout, stderr],
        detached: true,
      });
      fs.closeSync(stdout);
      fs.closeSync(stderr);
      child.once('error', (error) => done(127, null, `${error.message}\n`));
      if (child.pid === undefined) return;
      command.pid = child.pid;
      this.machine.track(child.pid);
      if (timeoutMs !== undefined) {
        command.timer = setTimeout(() => {
          command.timedOut = true;
          signalGroup(command.pid, 'SIGKILL');
        }, timeoutMs);
      }
      child.once('exit', (code, signal) => {
        // A killed group can outlive its leader by a moment.
        if (command.timedOut || command.cancelled) signalGroup(command.pid, 'SIGKILL');
        done(code, signal);
      });
    });
  }

  cancel(id) {
    const command = this.#running.get(id);
    if (command === undefined) return;
    command.cancelled = true;
    if (command.pid !== 0) signalGroup(command.pid, 'SIGKILL');
  }
}

module.exports = { Commands };
