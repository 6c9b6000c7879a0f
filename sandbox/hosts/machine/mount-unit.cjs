'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { mapPath } = require('./paths.cjs');
const { BadSetting, settingsOf } = require('./unit-file.cjs');
const { JobFailed } = require('./unit.cjs');

const known = {
  Unit: ['Description', 'Documentation', 'After', 'Before'],
  Mount: ['What', 'Where', 'Type', 'Options'],
  Install: ['WantedBy', 'RequiredBy'],
};

/** Reads `<root>/etc/systemd/system/<name>.mount`. Undefined where there is none; throws BadSetting. */
function loadMount(root, name) {
  const file = path.join(root, 'etc/systemd/system', name);
  if (!fs.existsSync(file)) return undefined;
  const settings = settingsOf(fs.readFileSync(file, 'utf8'), known);
  const last = (key) => settings.get(key)?.at(-1);
  const [what, where] = [last('What'), last('Where')];
  if (what === undefined || where === undefined) throw new BadSetting('A mount unit has What= and Where=.');
  // systemd refuses a unit whose name is not its path's.
  const expected = `${where
    .replace(/^\/|\/$/g, '')
    .replaceAll('-', '\\x2d')
    .replaceAll('/', '-')}.mount`;
  if (expected !== name) throw new BadSetting(`Where= setting doesn't match unit name. Refusing.`);
  return {
    name,
    file,
    what,
    where: mapPath(root, where),
    description: last('Description') ?? name,
    reload: [],
    readAt: fs.statSync(file).mtimeMs,
  };
}

/** A mount unit: active while its volume is mounted. */
class MountUnit {
  active = 'inactive';
  sub = 'dead';
  result = 'success';
  pid = 0;
  exitCode = 0;
  restarts = 0;
  since = Date.now();
  #job = Promise.resolve();

  /** @param needing the services whose files lie in it: they stop before it does */
  constructor(definition, machine, needing) {
    Object.assign(this, { definition, machine, needing });
  }

  #queue(job) {
    const next = this.#job.then(job, job);
    this.#job = next.catch(() => undefined);
    return next;
  }

  #set(active, sub, result) {
    Object.assign(this, { active, sub, result, since: Date.now() });
    this.machine.changed(this);
  }

  start() {
    return this.#queue(() => {
      if (this.active === 'active') return;
      const { what, where } = this.definition;
      try {
        this.machine.lvm.mount(what, where);
      } catch (error) {
        process.stderr.write(`${error.message}\n`);
        this.exitCode = 32;
        this.#set('failed', 'failed', 'exit-code');
        throw new JobFailed('the control process exited with error code');
      }
      this.#set('active', 'mounted', 'success');
    });
  }

  stop() {
    return this.#queue(async () => {
      if (this.active !== 'active') return;
      await Promise.all(this.needing(this.definition.where).map((unit) => unit.stop()));
      try {
        this.machine.lvm.unmount(this.definition.where);
      } catch {
        // It stays mounted, and so does the unit.
        this.exitCode = 32;
        this.result = 'exit-code';
        throw new JobFailed('the control process exited with error code');
      }
      this.#set('inactive', 'dead', 'success');
    });
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  resetFailed() {
    if (this.active === 'failed') this.#set('inactive', 'dead', 'success');
  }
}

module.exports = { MountUnit, loadMount };
