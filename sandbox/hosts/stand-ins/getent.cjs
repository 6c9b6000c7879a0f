'use strict';
const net = require('node:net');
const { resolve } = require('../machine/names.cjs');
const { refuse } = require('./ask-machine.cjs');

const [database, ...names] = process.argv.slice(2);
if (!['hosts', 'ahosts', 'ahostsv4'].includes(database) || names.length === 0) {
  refuse('getent', [database, ...names].join(' '));
}
void (async () => {
  for (const name of names) {
    const addresses = (await resolve(name)).filter((one) => database !== 'ahostsv4' || net.isIPv4(one));
    // 2: "One or more supplied key could not be found" (getent(1)).
    if (addresses.length === 0) process.exitCode = 2;
    for (const address of addresses) {
      if (database === 'hosts') process.stdout.write(`${address.padEnd(15)} ${name}\n`);
      else
        ['STREAM', 'DGRAM', 'RAW'].forEach((kind, index) => {
          const canonical = index === 0 && address === addresses[0] ? ` ${name}` : '';
          process.stdout.write(`${address.padEnd(15)} ${kind}${canonical}\n`);
        });
    }
  }
})();
