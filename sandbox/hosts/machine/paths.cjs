'use strict';
const path = require('node:path');

/**
 * Folders of the simulated machine. A host shares this computer's root file system, so a document's absolute paths
 * cannot be what they are on a real machine; every place where a path *enters* the host (parameters of a command, unit
 * files, environment files) is mapped here instead, and nothing else is: no script's text is ever changed.
 */
const folders = [
  '/var/www',
  '/var/log',
  '/var/lib',
  '/var/backups',
  '/var/tmp',
  '/backup',
  '/etc',
  '/opt',
  '/srv',
  '/home',
  '/root',
  '/tmp',
  '/mnt',
  '/data',
  '/run',
];

/** `/` to `<root>`, `/var/www/x` to `<root>/var/www/x`; anything else, also what already is inside the root, stays as it is. */
function mapPath(root, value) {
  if (value === root || value.startsWith(root + path.sep)) return value;
  if (value === '/') return root;
  const inside = folders.some((folder) => value === folder || value.startsWith(`${folder}/`));
  return inside ? path.join(root, value) : value;
}

/** Maps each value that as a whole is a path of the machine. */
function mapEnvironment(root, environment) {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, mapPath(root, value)]));
}

module.exports = { folders, mapPath, mapEnvironment };
