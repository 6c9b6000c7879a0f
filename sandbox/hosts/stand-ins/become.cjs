'use strict';
/** Runs the real program in our place: same streams, same process group, its exit code (128 + n for a signal). */
const { spawn } = require('node:child_process');
const os = require('node:os');

function become(program, args, environment) {
  const child = spawn(program, args, { stdio: 'inherit', env: environment });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exitCode = 127;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128 + os.constants.signals[signal];
  });
}

module.exports = { become };
