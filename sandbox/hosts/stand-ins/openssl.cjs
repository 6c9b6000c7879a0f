'use strict';
/**
 * `openssl` of a host: the system's where there is one; otherwise the invocations that the documents have: a key from a
 * password (`openssl enc … -pbkdf2 -P`), a certificate's dates and public key, a private key's public key. Everything else
 * is refused by name.
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
/** `openssl x509 -noout [-startdate|-enddate|-pubkey] -in FILE` and `openssl pkey -pubout -in FILE`. */
function answerOf([program, ...rest]) {
  const words = rest.join(' ');
  const file = rest.at(-1);
  const text = () => fs.readFileSync(file, 'utf8');
  const spki = (key) => key.export({ type: 'spki', format: 'pem' });
  if (program === 'pkey' && /^-pubout -in \S+$/.test(words))
    return spki(crypto.createPublicKey(crypto.createPrivateKey(text())));
  const asked = program === 'x509' ? /^-noout(?: (-startdate|-enddate|-pubkey))? -in \S+$/.exec(words) : null;
  if (asked === null) return undefined;
  const certificate = new crypto.X509Certificate(text());
  switch (asked[1]) {
    case '-startdate':
      return `notBefore=${certificate.validFrom}\n`;
    case '-enddate':
      return `notAfter=${certificate.validTo}\n`;
    case '-pubkey':
      return spki(certificate.publicKey);
    default:
      return '';
  }
}

function answered() {
  try {
    const answer = answerOf(args);
    if (answer === undefined) return false;
    process.stdout.write(answer);
  } catch (error) {
    process.stderr.write(`Could not read ${args.at(-1)}: ${error.code ?? error.name}\n`);
    process.exitCode = 1;
  }
  return true;
}

if (real !== undefined) become(real, args, process.env);
else if (!answered()) {
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
