'use strict';
/** The service runs `dist/`: a checkout without a build changes nothing that runs. */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const dist = path.join(root, 'dist');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

// Beside the old one first, then in its place: a failed build leaves what runs alone.
const fresh = `${dist}.new`;
fs.rmSync(fresh, { recursive: true, force: true });
fs.cpSync(path.join(root, 'src'), fresh, { recursive: true });
for (const file of fs.readdirSync(fresh, { recursive: true })) {
  if (file.endsWith('.js')) execFileSync(process.execPath, ['--check', path.join(fresh, file)]);
}
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
fs.writeFileSync(
  path.join(fresh, 'build.json'),
  JSON.stringify({ version, commit: git('rev-parse', '--short', 'HEAD') }),
);
fs.rmSync(dist, { recursive: true, force: true });
fs.renameSync(fresh, dist);
console.log(`built ${version}`);
