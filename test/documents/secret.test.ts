import { createHmac, createHash, pbkdf2Sync } from 'node:crypto';
import * as path from 'node:path';
import { bash } from './support/host';

const folder = path.join(__dirname, '../../documents');

/** Runs lines of bash after the shared files, `TEXT` as a variable. */
const run = (lines: string, text: string) =>
  bash(
    'bash',
    ['-c', `set -euo pipefail\nfor f in common secret scram; do source shared/$f.sh; done; trap - EXIT\n${lines}`],
    { PATH: process.env['PATH'], TEXT: text },
    '',
    folder,
  );
const parse = async (text: string): Promise<string[] | undefined> => {
  const { code, stdout } = await run(
    `secret_parse "$TEXT" && printf '%s\\0' "$SECRET_USERNAME" "$SECRET_PASSWORD"`,
    text,
  );
  return code === 0 ? stdout.split('\0').slice(0, 2) : undefined;
};

test.each([
  ['plain', 'secret'],
  ['a shell and a server would like to read', `'"\\\`$(id)\${x} ;--&|<>*?%s%%d!#~`],
  ['escapes', 'tab\tline\nreturn\rback\bfeed\f / slash'],
  ['characters of two, three and four bytes', 'é € 😀'],
  ['blanks at its ends', '  x  '],
  ['that looks like JSON', '","username":"root"}'],
])('a password %s', async (_, password) => {
  for (const text of [
    JSON.stringify({ username: 'app', password }),
    JSON.stringify({ engine: 'postgres', port: 5432, password, replica: null, ssl: true, username: 'app' }, null, 2),
    // As Python's json.dumps writes it.
    JSON.stringify({ username: 'app', password }).replace(
      /[\u007f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ]) {
    expect(await parse(text)).toEqual(['app', password]);
  }
});

test.each([
  ['nothing', ''],
  ['no JSON', 'username=app password=x'],
  ['no password', '{"username":"app"}'],
  ['an empty password', '{"username":"app","password":""}'],
  ['a number for a password', '{"username":"app","password":12345678}'],
  ['an array', '["app","x"]'],
  ['another level', '{"username":"app","password":"x","more":{"a":1}}'],
  ['an unfinished object', '{"username":"app","password":"x"'],
  ['more after the object', '{"username":"app","password":"x"} x'],
  ['a wrong escape', '{"username":"app","password":"\\x41"}'],
  ['half a character', '{"username":"app","password":"\\ud83d"}'],
  ['a NUL, which no variable holds', '{"username":"app","password":"a\\u0000b"}'],
])('a secret with %s is refused', async (_, text) => {
  expect(await parse(text)).toBeUndefined();
});

test("a verifier is PostgreSQL's SCRAM-SHA-256 of the password", async () => {
  const password = `p"'\\ $x`;
  const { stdout } = await run(`scram_verifier "$TEXT" && printf '%s' "$REPLY"`, password);
  const [, salt, stored, server] = /^SCRAM-SHA-256\$4096:([^$]+)\$([^:]+):(.+)$/.exec(stdout)!;
  const salted = pbkdf2Sync(password, Buffer.from(salt!, 'base64'), 4096, 32, 'sha256');
  const key = (of: string): Buffer => createHmac('sha256', salted).update(of).digest();
  expect(stored).toBe(createHash('sha256').update(key('Client Key')).digest('base64'));
  expect(server).toBe(key('Server Key').toString('base64'));
  expect((await run(`scram_verifier "$TEXT" && printf '%s' "$REPLY"`, password)).stdout).not.toBe(stdout);
});

test('no verifier for a password that would have to be prepared first', async () => {
  expect(await run('scram_verifier "$TEXT"', 'pässword')).toMatchObject({ code: 1 });
});
