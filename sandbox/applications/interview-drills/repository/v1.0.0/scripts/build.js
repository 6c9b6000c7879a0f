'use strict';
/** The service runs `dist/`: a checkout without a build changes nothing that runs. */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { compileFunction } = require('node:vm');

const root = path.resolve(__dirname, '..');
const dist = path.join(root, 'dist');
/** What every module of CommonJS is given. */
const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

// Beside the old one first, then in its place: a failed build leaves what runs alone.
const fresh = `${dist}.new`;
fs.rmSync(fresh, { recursive: true, force: true });
fs.cpSync(path.join(root, 'src'), fresh, { recursive: true });
for (const file of fs.readdirSync(fresh, { recursive: true })) {
  const filename = path.join(fresh, file);
  // As `node --check` does, without a process for each file: a SyntaxError ends the build.
  if (file.endsWith('.js')) compileFunction(fs.readFileSync(filename, 'utf8'), parameters, { filename });
}
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
fs.writeFileSync(
  path.join(fresh, 'build.json'),
  JSON.stringify({ version, commit: git('rev-parse', '--short', 'HEAD') }),
);
fs.rmSync(dist, { recursive: true, force: true });
fs.renameSync(fresh, dist);
console.log(`built ${version}`);
