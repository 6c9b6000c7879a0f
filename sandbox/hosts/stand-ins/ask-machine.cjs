'use strict';
/** Asks the service manager's process of this host, and ends as it says. */
const http = require('node:http');

function ask(path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${process.env.LIFEBOAT_INIT}${path}`, {
      method: 'POST',
      agent: false,
      headers: { 'x-lifeboat-token': process.env.LIFEBOAT_MACHINE },
    });
    request.once('error', reject);
    request.once('response', async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      resolve(JSON.parse(Buffer.concat(parts).toString()));
    });
    request.end(JSON.stringify(body));
  });
}

async function askAndEnd(path, body) {
  const { code, stdout, stderr } = await ask(path, body);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}

/** Exit code of what a stand-in refuses because it does not simulate it: EX_USAGE of sysexits.h. */
function refuse(program, what) {
  process.stderr.write(`${program}: not simulated by this sandbox: ${what}\n`);
  process.exit(64);
}

module.exports = { askAndEnd, refuse };
