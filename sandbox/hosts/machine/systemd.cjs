'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { load, BadSetting } = require('./unit-file.cjs');
const { MountUnit, loadMount } = require('./mount-unit.cjs');
const { Unit, JobFailed } = require('./unit.cjs');

/** systemctl's exit codes (systemctl(1) "Exit status", and systemctl-util.c for the codes of bus errors). */
const codes = { ok: 0, failed: 1, notApplicable: 3, notRunning: 3, noSuchUnit: 4, notInstalled: 5, badSetting: 6 };

const isInside = (folder, where) => folder === where || folder.startsWith(where + path.sep);
const fullName = (name) => (/\.(service|target|timer|mount)$/.test(name) ? name : `${name}.service`);

/** The service manager of one host. `systemctl(verb, units, options)` answers as the program of that name. */
class Systemd {
  #units = new Map();

  constructor(machine) {
    this.machine = machine;
    this.wants = path.join(machine.root, 'etc/systemd/system/multi-user.target.wants');
    fs.mkdirSync(this.wants, { recursive: true });
    machine.mountsFor = (folder) => this.#mountsFor(folder);
  }

  get units() {
    return [...this.#units.values()];
  }

  /** Undefined where there is no such unit; throws BadSetting. Files are read once, until daemon-reload. */
  #unit(name) {
    const known = this.#units.get(name);
    if (known) return known;
    const definition = this.#load(name);
    if (definition === undefined) return undefined;
    const needing = (where) => this.#needing(where);
    const unit = name.endsWith('.mount')
      ? new MountUnit(definition, this.machine, needing)
      : new Unit(definition, this.machine);
    this.#units.set(name, unit);
    return unit;
  }

  #load(name) {
    return name.endsWith('.mount') ? loadMount(this.machine.root, name) : load(this.machine.root, name);
  }

  /** Mount units of the machine's files whose place a folder lies in are started before a service that works there. */
  async #mountsFor(folder) {
    const names = fs.readdirSync(path.dirname(this.wants)).filter((name) => name.endsWith('.mount'));
    for (const name of names) {
      const unit = this.#unit(name);
      if (isInside(folder, unit.definition.where)) await unit.start();
    }
  }

  /** Running services that work in a folder. */
  #needing(where) {
    return this.units.filter((unit) => unit.definition.folder !== undefined && isInside(unit.definition.folder, where));
  }

  async boot() {
    const names = fs.readdirSync(this.wants);
    await Promise.all(names.map((name) => this.systemctl('start', [name], {})));
  }

  async systemctl(verb, names, options) {
    if (verb === 'daemon-reload') return this.#reloadFiles();
    const method = {
      start: 'job',
      stop: 'job',
      restart: 'job',
      'try-restart': 'job',
      reload: 'job',
      'reload-or-restart': 'job',
      'is-active': 'isActive',
      'is-failed': 'isFailed',
      'is-enabled': 'isEnabled',
      status: 'status',
      show: 'show',
      enable: 'enable',
      disable: 'disable',
      'reset-failed': 'resetFailed',
    }[verb];
    if (method === undefined) {
      return { code: 64, stdout: '', stderr: `systemctl: the sandbox's systemd has no verb ${verb}\n` };
    }
    if (names.length === 0) return { code: codes.failed, stdout: '', stderr: 'Too few arguments.\n' };
    const answers = [];
    for (const name of names.map(fullName)) answers.push(await this.#one(method, verb, name, options));
    const numbers = answers.map(({ code }) => code);
    // One active unit of several is enough for is-active and is-failed.
    const any = ['is-active', 'is-failed'].includes(verb) && numbers.includes(0);
    return {
      code: any ? 0 : (numbers.find((code) => code !== 0) ?? 0),
      stdout: answers.map(({ stdout }) => stdout ?? '').join(verb === 'status' || verb === 'show' ? '\n' : ''),
      stderr: answers.map(({ stderr }) => stderr ?? '').join(''),
    };
  }

  async #one(method, verb, name, options) {
    try {
      return await this[method](name, verb, options, this.#unit(name));
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      const stderr = `Failed to ${verb} ${name}: Unit ${name} has a bad unit file setting.\n${error.message}\n`;
      return { code: ['is-active', 'status'].includes(verb) ? codes.notRunning : codes.badSetting, stderr };
    }
  }

  /** Running units keep what they were started with; their next start reads the new file. */
  #reloadFiles() {
    for (const [name, unit] of this.#units) {
      try {
        const definition = this.#load(name);
        if (definition !== undefined) unit.definition = definition;
        else if (unit.active === 'inactive') this.#units.delete(name);
      } catch (error) {
        if (!(error instanceof BadSetting)) throw error;
        this.#units.delete(name);
      }
    }
    return { code: 0, stdout: '', stderr: '' };
  }

  async job(name, verb, options, unit) {
    if (unit === undefined) {
      const problem = verb === 'stop' || verb === 'try-restart' ? 'not loaded' : 'not found';
      return { code: codes.notInstalled, stderr: `Failed to ${verb} ${name}: Unit ${name} ${problem}.\n` };
    }
    const changed =
      !fs.existsSync(unit.definition.file) || fs.statSync(unit.definition.file).mtimeMs !== unit.definition.readAt;
    const warning = changed
      ? `Warning: The unit file, source configuration file or drop-ins of ${name} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`
      : '';
    let action = verb;
    if (verb === 'try-restart') action = unit.active === 'active' ? 'restart' : 'none';
    if (verb === 'reload-or-restart')
      action = unit.active === 'active' && unit.definition.reload.length > 0 ? 'reload' : 'restart';
    if (action === 'none') return { code: 0 };
    if (action === 'reload' && unit.definition.reload.length === 0) {
      const stderr = `Failed to reload ${name}: Job type reload is not applicable for unit ${name}.\n`;
      return { code: codes.notApplicable, stderr };
    }
    if (action === 'reload' && unit.active !== 'active') {
      return { code: codes.failed, stderr: `${name} is not active, cannot reload.\n` };
    }
    try {
      await unit[action]();
      return { code: 0, stderr: warning };
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error;
      const why = error.message === 'control process' ? 'the control process exited with error code' : error.message;
      const stderr = `${warning}Job for ${name} failed because ${why}.\nSee "systemctl status ${name}" and "journalctl -xeu ${name}" for details.\n`;
      return { code: codes.failed, stderr };
    }
  }

  isActive(name, _verb, options, unit) {
    const stdout = options.quiet ? '' : `${unit?.active ?? 'inactive'}\n`;
    if (unit === undefined) return { code: codes.noSuchUnit, stdout };
    return { code: ['active', 'reloading'].includes(unit.active) ? 0 : codes.notRunning, stdout };
  }

  isFailed(name, _verb, options, unit) {
    const stdout = options.quiet ? '' : `${unit?.active ?? 'inactive'}\n`;
    return { code: unit?.active === 'failed' ? 0 : codes.failed, stdout };
  }

  #enabled(name) {
    return fs.existsSync(path.join(this.wants, name));
  }

  isEnabled(name, _verb, options, unit) {
    if (unit === undefined) {
      const stderr = `Failed to get unit file state for ${name}: No such file or directory\n`;
      return { code: codes.failed, stderr };
    }
    const on = this.#enabled(name);
    return { code: on ? 0 : codes.failed, stdout: options.quiet ? '' : `${on ? 'enabled' : 'disabled'}\n` };
  }

  async enable(name, verb, options, unit) {
    if (unit === undefined) {
      return { code: codes.failed, stderr: `Failed to ${verb} unit: Unit file ${name} does not exist.\n` };
    }
    const link = path.join(this.wants, name);
    let stderr = '';
    if (!fs.existsSync(link)) {
      fs.symlinkSync(path.join('..', name), link);
      stderr = `Created symlink /etc/systemd/system/multi-user.target.wants/${name} → /etc/systemd/system/${name}.\n`;
    }
    const started = options.now ? await this.job(name, 'start', options, unit) : { code: 0, stderr: '' };
    return { code: started.code, stderr: stderr + started.stderr };
  }

  async disable(name, verb, options, unit) {
    if (unit === undefined) {
      return { code: codes.failed, stderr: `Failed to ${verb} unit: Unit file ${name} does not exist.\n` };
    }
    const on = this.#enabled(name);
    if (on) fs.unlinkSync(path.join(this.wants, name));
    const stderr = on ? `Removed "/etc/systemd/system/multi-user.target.wants/${name}".\n` : '';
    const stopped = options.now ? await this.job(name, 'stop', options, unit) : { code: 0, stderr: '' };
    return { code: stopped.code, stderr: stderr + stopped.stderr };
  }

  resetFailed(name, verb, _options, unit) {
    if (unit === undefined) {
      return { code: codes.failed, stderr: `Failed to ${verb} ${name}: Unit ${name} not loaded.\n` };
    }
    unit.resetFailed();
    return { code: 0 };
  }

  status(name, _verb, _options, unit) {
    if (unit === undefined) return { code: codes.noSuchUnit, stderr: `Unit ${name} could not be found.\n` };
    const enabled = this.#enabled(name) ? 'enabled' : 'disabled';
    const result = unit.active === 'failed' ? ` (Result: ${unit.result})` : ` (${unit.sub})`;
    const lines = [
      `${unit.active === 'active' ? '●' : unit.active === 'failed' ? '×' : '○'} ${name} - ${unit.definition.description}`,
      `     Loaded: loaded (/etc/systemd/system/${name}; ${enabled})`,
      `     Active: ${unit.active}${result} since ${new Date(unit.since).toISOString()}`,
      ...(unit.pid === 0 ? [] : [`   Main PID: ${unit.pid}`]),
    ];
    return { code: unit.active === 'active' ? 0 : codes.notRunning, stdout: `${lines.join('\n')}\n` };
  }

  show(name, _verb, options, unit) {
    const properties = {
      Id: name,
      LoadState: unit === undefined ? 'not-found' : 'loaded',
      ActiveState: unit?.active ?? 'inactive',
      SubState: unit?.sub ?? 'dead',
      Result: unit?.result ?? 'success',
      MainPID: String(unit?.pid ?? 0),
      ExecMainStatus: String(unit?.exitCode ?? 0),
      NRestarts: String(unit?.restarts ?? 0),
      UnitFileState: unit === undefined ? '' : this.#enabled(name) ? 'enabled' : 'disabled',
      FragmentPath: unit === undefined ? '' : `/etc/systemd/system/${name}`,
      Description: unit?.definition.description ?? name,
      StateChangeTimestamp: unit === undefined ? '' : new Date(unit.since).toISOString(),
    };
    const wanted = options.properties.length > 0 ? options.properties : Object.keys(properties);
    const lines = wanted
      .filter((key) => key in properties)
      .map((key) => (options.value ? properties[key] : `${key}=${properties[key]}`));
    return { code: 0, stdout: `${lines.join('\n')}\n` };
  }
}

module.exports = { Systemd };
