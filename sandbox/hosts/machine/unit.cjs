'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { mapPath } = require('./paths.cjs');

/** Whether any process of the group is left. */
function groupLives(pid) {
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The job that `systemctl` waits for failed. */
class JobFailed extends Error {
  name = 'JobFailed';
}

/** One service: its definition, its processes and its state, with systemd's words for them. */
class Unit {
  active = 'inactive';
  sub = 'dead';
  result = 'success';
  pid = 0;
  exitCode = 0;
  restarts = 0;
  since = Date.now();
  #starts = [];
  #restartTimer;
  #stopping = false;
  #job = Promise.resolve();

  constructor(definition, machine) {
    this.definition = definition;
    this.machine = machine;
  }

  /** One job at a time, in the order they came. */
  #queue(job) {
    const next = this.#job.then(job, job);
    this.#job = next.catch(() => undefined);
    return next;
  }

  #set(active, sub, result = this.result) {
    Object.assign(this, { active, sub, result, since: Date.now() });
    this.machine.changed(this);
  }

  start() {
    return this.#queue(() => this.#start());
  }

  stop() {
    // A start that waits for its restart must not win against the stop behind it.
    clearTimeout(this.#restartTimer);
    return this.#queue(() => this.#stop());
  }

  restart() {
    return this.#queue(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  reload() {
    return this.#queue(async () => {
      for (const command of this.definition.reload) {
        if ((await this.#once(command)) !== 0) throw new JobFailed('control process');
      }
    });
  }

  resetFailed() {
    this.#starts = [];
    if (this.active === 'failed') this.#set('inactive', 'dead', 'success');
  }

  #environment() {
    return { ...this.machine.environment, ...this.definition.environment(), MAINPID: String(this.pid) };
  }

  #spawn(command) {
    const environment = this.#environment();
    const argv = command.argv.map((word) =>
      word.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced, bare) => environment[braced ?? bare] ?? ''),
    );
    // A system program by its name on the host's PATH, so that `/usr/sbin/nginx` finds the stand-in.
    const program = argv[0].replace(/^\/(?:usr\/)?(?:local\/)?s?bin\//, '');
    const log = fs.openSync(
      path.join(this.machine.root, 'var/log', `${this.definition.name.replace(/\.service$/, '')}.log`),
      'a',
    );
    try {
      const child = spawn(
        mapPath(this.machine.root, program),
        argv.slice(1).map((word) => mapPath(this.machine.root, word)),
        {
          cwd: this.definition.folder,
          env: { ...environment, LIFEBOAT_UNIT: this.definition.name },
          stdio: ['ignore', log, log],
          detached: true,
        },
      );
      if (child.pid !== undefined) this.machine.track(child.pid);
      return child;
    } finally {
      fs.closeSync(log);
    }
  }

  #once(command) {
    return new Promise((resolve) => {
      const child = this.#spawn(command);
      // 203 is systemd's code for a program that could not be executed.
      child.once('error', () => resolve(203));
      child.once('exit', (code) => {
        if (child.pid !== undefined) this.machine.untrack(child.pid);
        resolve(command.mayFail ? 0 : (code ?? 1));
      });
    });
  }

  #fail(result, code) {
    this.exitCode = code;
    this.#set('failed', 'failed', result);
  }

  async #start(isRestart = false) {
    if (this.active === 'active') return;
    clearTimeout(this.#restartTimer);
    const { definition } = this;
    this.#starts = this.#starts.filter((at) => Date.now() - at < definition.limitMs);
    if (this.#starts.length >= definition.limitBurst) {
      this.#fail('start-limit-hit', this.exitCode);
      throw new JobFailed('start request repeated too quickly');
    }
    this.#starts.push(Date.now());
    if (!isRestart) this.restarts = 0;
    this.#stopping = false;
    this.#set('activating', 'start-pre', 'success');
    try {
      // Requires= and After= of the mounts under WorkingDirectory= are implied (systemd.exec(5)).
      await this.machine.mountsFor?.(definition.folder);
      for (const command of definition.startPre) {
        const code = await this.#once(command);
        if (code !== 0) {
          this.#fail('exit-code', code);
          throw new JobFailed('control process');
        }
      }
      if (definition.type === 'oneshot') await this.#oneshot();
      else this.#launch();
    } catch (error) {
      if (error instanceof JobFailed) throw error;
      // The working directory or an environment file is missing: systemd says "resources".
      this.#fail('resources', 0);
      throw new JobFailed(error.message);
    }
  }

  async #oneshot() {
    this.#set('activating', 'start');
    for (const command of this.definition.start) {
      const code = await this.#once(this.machine.faults.has(this.definition.name) ? { argv: ['false'] } : command);
      if (code !== 0) {
        this.#fail('exit-code', code);
        throw new JobFailed('control process');
      }
    }
    if (this.definition.remain) this.#set('active', 'exited');
    else this.#set('inactive', 'dead');
  }

  #launch() {
    const broken = this.machine.faults.has(this.definition.name);
    const child = this.#spawn(broken ? { argv: ['false'] } : this.definition.start[0]);
    this.pid = child.pid ?? 0;
    this.#set('active', 'running');
    const pid = child.pid;
    let ended = false;
    const end = (code, signal) => {
      if (ended) return;
      ended = true;
      // What the main process leaves behind belongs to the unit's control group and goes with it.
      if (pid !== undefined && !this.#stopping) signalGroup(pid, 'SIGKILL');
      if (pid !== undefined) this.machine.untrack(pid);
      if (this.pid === (pid ?? 0)) this.pid = 0;
      this.exitCode = code ?? 0;
      if (!this.#stopping) this.#exited(code, signal);
    };
    child.once('error', () => end(203, null));
    child.once('exit', end);
  }

  #exited(code, signal) {
    const { definition } = this;
    const clean =
      signal === null
        ? code === 0 || definition.successCodes.includes(code)
        : ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'].includes(signal);
    const result = clean ? 'success' : signal === null ? 'exit-code' : 'signal';
    const again = definition.restart === 'always' || (definition.restart === 'on-failure' && !clean);
    if (!again) {
      this.#set(clean ? 'inactive' : 'failed', clean ? 'dead' : 'failed', result);
      return;
    }
    this.#set('activating', 'auto-restart', result);
    this.#restartTimer = setTimeout(() => {
      if (this.sub !== 'auto-restart') return;
      this.restarts += 1;
      this.#queue(() => (this.sub === 'auto-restart' ? this.#start(true) : undefined)).catch(() => undefined);
    }, definition.restartMs);
  }

  async #stop() {
    const pid = this.pid;
    if (pid === 0) {
      if (this.active !== 'failed') this.#set('inactive', 'dead');
      return;
    }
    this.#stopping = true;
    this.#set('deactivating', 'stop-sigterm');
    const deadline = Date.now() + this.definition.stopMs;
    signalGroup(pid, 'SIGTERM');
    while (groupLives(pid) && Date.now() < deadline) await pause(10);
    if (groupLives(pid)) {
      signalGroup(pid, 'SIGKILL');
      while (groupLives(pid)) await pause(10);
      this.#fail('timeout', 0);
      return;
    }
    // The exit of the main process is reported a moment after its group is gone.
    while (this.pid === pid) await pause(5);
    const clean = this.exitCode === 0 || this.definition.successCodes.includes(this.exitCode);
    if (clean) this.#set('inactive', 'dead', 'success');
    else this.#fail('exit-code', this.exitCode);
  }
}

module.exports = { Unit, JobFailed, signalGroup };
