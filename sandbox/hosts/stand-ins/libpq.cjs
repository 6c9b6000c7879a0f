'use strict';
/**
 * `psql`, `pg_dump`, … of a host: PostgreSQL's own programs resolve names by the system, which knows nothing of the
 * sandbox's zones. So the name stays where it is (certificates are checked against it) and PGHOSTADDR says where to
 * connect. Where PostgreSQL's clients are not installed, `psql` is the stand-in in psql.cjs and the others are missing.
 */
const fs = require('node:fs');
const path = require('node:path');
const { resolve } = require('../machine/names.cjs');
const { become } = require('./become.cjs');
const { refuse } = require('./ask-machine.cjs');

const [program, ...args] = process.argv.slice(2);
const folder = process.env.LIFEBOAT_POSTGRES_CLIENTS;
const real = folder === undefined ? undefined : path.join(folder, program);

/** The host named by arguments, or by the environment. pg_dump's `-h` and psql's are the same. */
function hostName() {
  let name = process.env.PGHOST;
  args.forEach((arg, index) => {
    if (arg === '-h' || arg === '--host') name = args[index + 1];
    else if (arg.startsWith('--host=')) name = arg.slice('--host='.length);
    else if (/^-h[^-]/.test(arg)) name = arg.slice(2);
    else if (/^postgres(ql)?:\/\//.test(arg)) name = new URL(arg).hostname || name;
    else if (/(^|\s)host=/.test(arg)) name = /(?:^|\s)host=(\S+)/.exec(arg)[1];
  });
  return name;
}

/** psql's code for a connection that could not be made; the other programs have one code for all. */
const noConnection = program === 'psql' ? 2 : 1;

async function run() {
  const name = hostName();
  const environment = { ...process.env };
  if (name === undefined || name === '') {
    // No database server runs on a host itself: say so, before the real computer's own socket is found.
    environment.PGHOST = '/run/postgresql-of-this-host';
  } else if (name.includes(',')) {
    refuse(program, 'several host names');
  } else if (!name.startsWith('/') && process.env.PGHOSTADDR === undefined) {
    const [address] = await resolve(name);
    if (address === undefined) {
      const problem = `could not translate host name "${name}" to address: Name or service not known`;
      process.stderr.write(`${program}: error: ${problem}\n`);
      process.exitCode = noConnection;
      return;
    }
    environment.PGHOSTADDR = address;
  }
  if (real !== undefined && fs.existsSync(real)) {
    become(real, args, environment);
  } else if (program === 'psql') {
    Object.assign(process.env, environment);
    const { psql } = require('./psql.cjs');
    process.exitCode = await psql(args, process.env);
  } else {
    process.stderr.write(`bash: ${program}: command not found\n`);
    process.exitCode = 127;
  }
}

void run();
