'use strict';
/**
 * `openssl` of a host: the system's where there is one; otherwise the one invocation that the documents have, which
 * derives a key from a password (`openssl enc … -pbkdf2 -P`), and everything else is refused by name.
 */
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { become } = require('./become.cjs');
const { refuse } = require('./ask-machine.cjs');

const args = process.argv.slice(2);
const known = /^enc -aes-256-cbc -pbkdf2 -iter (\d+) -md sha256 -S ((?:[0-9A-Fa-f]{2}){8}) -P -pass stdin$/;

function systemOpenssl() {
  if (process.env.LIFEBOAT_OPENSSL === 'stand-in') return undefined;
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== process.env.LIFEBOAT_STAND_INS);
  return folders.map((folder) => path.join(folder, 'openssl')).find((file) => fs.existsSync(file));
}

const real = systemOpenssl();
if (real !== undefined) become(real, args, process.env);
else {
  const match = known.exec(args.join(' '));
  if (match === null) refuse('openssl', args.join(' '));
  const [, iterations, salt] = match;
  // `-pass stdin` takes the first line.
  const [password] = fs.readFileSync(0, 'utf8').split('\n');
  const derived = crypto.pbkdf2Sync(password, Buffer.from(salt, 'hex'), Number(iterations), 48, 'sha256');
  const hex = (bytes) => bytes.toString('hex').toUpperCase();
  process.stdout.write(
    `salt=${salt.toUpperCase()}\nkey=${hex(derived.subarray(0, 32))}\niv =${hex(derived.subarray(32))}\n`,
  );
}
