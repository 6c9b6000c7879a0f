'use strict';
/**
 * psql for a computer without PostgreSQL's client programs: the options below, libpq's environment variables, and
 * psql's output and exit codes (0 done, 1 an error, 2 no or lost connection, 3 a script stopped by ON_ERROR_STOP).
 * Everything else is refused by name. Compared with the real psql by test/sandbox/hosts/psql.test.ts.
 */
const fs = require('node:fs');
const { read } = require('./psql-script.cjs');
const { rows, message } = require('./psql-print.cjs');
const { connect } = require('./psql-connect.cjs');
const { refuse } = require('./ask-machine.cjs');

class Lost extends Error {}

function parse(args) {
  const options = {
    quiet: false,
    unaligned: false,
    tuplesOnly: false,
    separator: '|',
    actions: [],
    variables: new Map(),
  };
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift();
    if (!/^-[A-Za-z]/.test(arg)) refuse('psql', arg);
    for (let at = 1; at < arg.length; at += 1) {
      const letter = arg[at];
      if (letter === 'X' || letter === 'w') continue;
      if (letter === 'q') options.quiet = true;
      else if (letter === 'A') options.unaligned = true;
      else if (letter === 't') options.tuplesOnly = true;
      else if ('vcfF'.includes(letter)) {
        const value = at + 1 < arg.length ? arg.slice(at + 1) : rest.shift();
        if (value === undefined) {
          process.stderr.write(`psql: option requires an argument -- '${letter}'\n`);
          process.exit(1);
        }
        if (letter === 'F') options.separator = value;
        else if (letter === 'v') {
          const equals = value.indexOf('=');
          if (equals === -1) options.variables.delete(value);
          else options.variables.set(value.slice(0, equals), value.slice(equals + 1));
        } else options.actions.push({ letter, value });
        break;
      } else refuse('psql', `-${letter}`);
    }
  }
  return options;
}

/** One simple query, which may hold several statements; every result is handed over as it ends. */
class SimpleQuery {
  #fields;
  #values = [];
  constructor(text, onResult) {
    this.text = text;
    this.onResult = onResult;
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
  submit(connection) {
    connection.query(this.text);
  }
  handleRowDescription({ fields }) {
    this.#fields = fields;
  }
  handleDataRow({ fields }) {
    this.#values.push(fields);
  }
  handleCommandComplete({ text }) {
    this.onResult({ tag: text, fields: this.#fields, values: this.#values });
    this.#fields = undefined;
    this.#values = [];
  }
  handleEmptyQuery() {}
  handleCopyInResponse(connection) {
    connection.sendCopyFail('COPY FROM STDIN is not simulated by this sandbox');
    this.refused = true;
  }
  handleCopyData({ chunk }) {
    process.stdout.write(chunk);
  }
  handleReadyForQuery() {
    this.resolve();
  }
  handleError(error) {
    this.reject(error);
  }
}

class Session {
  constructor(client, options) {
    this.client = client;
    this.options = options;
    this.variables = options.variables;
    this.prefix = '';
    client.on('notice', (notice) =>
      process.stderr.write(this.prefix + message({ ...notice, message: notice.message }, this.verbosity)),
    );
  }

  get verbosity() {
    return this.variables.get('VERBOSITY') ?? 'default';
  }

  get stops() {
    return ['1', 'on', 'true', 'yes'].includes((this.variables.get('ON_ERROR_STOP') ?? 'off').toLowerCase());
  }

  #print({ tag, fields, values }) {
    if (fields !== undefined) process.stdout.write(rows({ fields, values }, this.options));
    if ((fields === undefined || /^(INSERT|UPDATE|DELETE|MERGE)\b/.test(tag)) && !this.options.quiet)
      process.stdout.write(`${tag}\n`);
  }

  /** Whether it went well. Throws Lost. */
  async send(text) {
    const query = new SimpleQuery(text, (result) => this.#print(result));
    const lost = new Promise((_, reject) => this.client.once('end', () => reject(new Lost())));
    lost.catch(() => undefined);
    this.client.query(query);
    try {
      await Promise.race([query.done, lost]);
      return true;
    } catch (error) {
      if (query.refused) refuse('psql', 'COPY FROM STDIN');
      const ended = error instanceof Lost || error.severity === undefined;
      if (!ended) process.stderr.write(this.prefix + message(error, this.verbosity, text));
      if (!ended && !['FATAL', 'PANIC'].includes(error.severity)) return false;
      const how = this.client.connection.stream.encrypted
        ? 'SSL connection has been closed unexpectedly'
        : 'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.';
      const lost = `${this.prefix === '' ? '' : `${this.prefix}error: `}connection to server was lost`;
      process.stderr.write(`${this.prefix}${how}\n${lost}\n`);
      throw new Lost('', { cause: error });
    }
  }

  #command({ name, args }) {
    if (name === 'set' && args.length > 0) this.variables.set(args[0], args.slice(1).join(''));
    else if (name === 'unset' && args.length === 1) this.variables.delete(args[0]);
    else if (name === 'echo') process.stdout.write(`${args.join(' ')}\n`);
    else if (name !== 'q' && name !== 'quit') refuse('psql', `\\${name}`);
    return name === 'q' || name === 'quit';
  }

  /** Exit code of a script: `name` is what its errors are prefixed with, undefined for standard input without -f. */
  async script(text, name) {
    for (const item of read(text, this.variables)) {
      this.prefix = name === undefined ? '' : `psql:${name}:${item.line}: `;
      if (item.kind === 'command') {
        if (this.#command(item)) return 0;
      } else if (!(await this.send(item.text)) && this.stops) return 3;
    }
    return 0;
  }

  async action({ letter, value }) {
    if (letter === 'c') {
      this.prefix = '';
      if (value.startsWith('\\')) refuse('psql', `-c ${value}`);
      return (await this.send(value)) ? 0 : 1;
    }
    const stdin = value === '-';
    let text;
    try {
      text = fs.readFileSync(stdin ? 0 : value, 'utf8');
    } catch (error) {
      const problem = error.code === 'ENOENT' ? 'No such file or directory' : error.message;
      process.stderr.write(`psql: error: ${value}: ${problem}\n`);
      return 1;
    }
    return this.script(text, stdin ? '<stdin>' : value);
  }
}

async function psql(args, environment) {
  const options = parse(args);
  let client;
  try {
    client = await connect(environment);
  } catch (error) {
    process.stderr.write(`psql: error: ${error.message}\n`);
    return 2;
  }
  const session = new Session(client, options);
  try {
    if (options.actions.length === 0) return await session.script(fs.readFileSync(0, 'utf8'), undefined);
    let code = 0;
    for (const action of options.actions) {
      code = await session.action(action);
      if (code !== 0 && session.stops) break;
    }
    return code;
  } catch (error) {
    if (error instanceof Lost) return 2;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

module.exports = { psql };
