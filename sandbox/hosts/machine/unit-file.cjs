'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { mapPath } = require('./paths.cjs');

/** What the stand-in does something with, or may leave undone without being wrong. Anything else is refused. */
const known = {
  Unit: ['Description', 'Documentation', 'After', 'Before', 'Wants', 'StartLimitBurst', 'StartLimitIntervalSec'],
  Service: [
    'Type',
    'ExecStart',
    'ExecStartPre',
    'ExecReload',
    'WorkingDirectory',
    'Environment',
    'EnvironmentFile',
    'Restart',
    'RestartSec',
    'TimeoutStartSec',
    'TimeoutStopSec',
    'RemainAfterExit',
    'SuccessExitStatus',
    'User',
    'Group',
    'StandardOutput',
    'StandardError',
    'SyslogIdentifier',
    'LimitNOFILE',
    'KillMode',
    'PIDFile',
  ],
  Install: ['WantedBy', 'Alias'],
};

class BadSetting extends Error {
  name = 'BadSetting';
}

/** Milliseconds of `90`, `500ms`, `1min 30s`; `infinity` is for ever. */
function duration(text) {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const units = { '': 1000, ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
  let total = 0;
  for (const part of text.match(/\d+(?:\.\d+)?\s*[a-z]*/g) ?? []) {
    const [, number, unit] = /^([\d.]+)\s*([a-z]*)$/.exec(part);
    if (!(unit in units)) throw new BadSetting(`Not a time span: ${text}`);
    total += Number(number) * units[unit];
  }
  return total;
}

/** Words as systemd splits them: white space, with quotes. */
function words(text) {
  const found = [];
  const pattern = /\s*("((?:[^"\\]|\\.)*)"|'([^']*)'|[^\s"']+)+/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    found.push(
      match[0]
        .trim()
        .replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) => (double ?? single).replace(/\\(.)/g, '$1')),
    );
  }
  return found;
}

function settingsOf(text, sections = known) {
  const settings = new Map();
  let section;
  for (const line of text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((one) => one.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header) {
      section = header[1];
      if (!(section in sections)) throw new BadSetting(`Unknown section '${section}'.`);
      continue;
    }
    const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || section === undefined) throw new BadSetting(`Missing '=' or section: ${line}`);
    if (!sections[section].includes(key)) {
      throw new BadSetting(`The sandbox's systemd does not know '${key}' in section '${section}'.`);
    }
    settings.set(key, [...(settings.get(key) ?? []), value]);
  }
  return settings;
}

/** `KEY=value` lines; quotes are taken off. A leading `-` means that the file may be missing. */
function environmentFile(root, setting) {
  const optional = setting.startsWith('-');
  const file = mapPath(root, optional ? setting.slice(1) : setting);
  if (optional && !fs.existsSync(file)) return {};
  const lines = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  return Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#') && line.includes('='))
      .map((line) => {
        const at = line.indexOf('=');
        return [
          line.slice(0, at).trim(),
          line
            .slice(at + 1)
            .trim()
            .replace(/^(["'])(.*)\1$/, '$2'),
        ];
      }),
  );
}

/** Reads `<root>/etc/systemd/system/<name>`. Undefined where there is none; throws BadSetting. */
function load(root, name) {
  const file = path.join(root, 'etc/systemd/system', name);
  if (!fs.existsSync(file)) return undefined;
  const settings = settingsOf(fs.readFileSync(file, 'utf8'));
  const last = (key, otherwise) => settings.get(key)?.at(-1) ?? otherwise;
  const commands = (key) =>
    (settings.get(key) ?? []).map((text) => ({
      mayFail: text.startsWith('-'),
      argv: words(text.replace(/^-/, '')),
    }));
  const type = last('Type', 'simple');
  if (!['simple', 'exec', 'oneshot'].includes(type)) {
    throw new BadSetting(`The sandbox's systemd does not know Type=${type}.`);
  }
  if (!['no', 'always', 'on-failure'].includes(last('Restart', 'no'))) {
    throw new BadSetting(`The sandbox's systemd does not know Restart=${last('Restart')}.`);
  }
  if (commands('ExecStart').length === 0) throw new BadSetting('Service has no ExecStart= setting. Refusing.');
  return {
    name,
    file,
    description: last('Description', name),
    type,
    start: commands('ExecStart'),
    startPre: commands('ExecStartPre'),
    reload: commands('ExecReload'),
    folder: mapPath(root, last('WorkingDirectory', root)),
    /** Read at each start, as systemd does: a changed environment file needs no daemon-reload. */
    environment: () => ({
      ...Object.fromEntries(
        (settings.get('Environment') ?? []).flatMap(words).map((pair) => {
          const at = pair.indexOf('=');
          return [pair.slice(0, at), mapPath(root, pair.slice(at + 1))];
        }),
      ),
      ...Object.assign({}, ...(settings.get('EnvironmentFile') ?? []).map((one) => environmentFile(root, one))),
    }),
    restart: last('Restart', 'no'),
    restartMs: duration(last('RestartSec', '100ms')),
    stopMs: duration(last('TimeoutStopSec', '90')),
    remain: ['yes', 'true', '1'].includes(last('RemainAfterExit', 'no')),
    successCodes: words(last('SuccessExitStatus', '')).map(Number),
    limitBurst: Number(last('StartLimitBurst', '5')),
    limitMs: duration(last('StartLimitIntervalSec', '10')),
    wantedBy: words(last('WantedBy', '')),
    readAt: fs.statSync(file).mtimeMs,
  };
}

module.exports = { load, settingsOf, BadSetting };
