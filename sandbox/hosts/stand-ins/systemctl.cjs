'use strict';
const { askAndEnd, refuse } = require('./ask-machine.cjs');

const options = { quiet: false, now: false, value: false, properties: [] };
const words = [];
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (!arg.startsWith('-')) words.push(arg);
  else if (arg === '--quiet' || arg === '-q') options.quiet = true;
  else if (arg === '--now') options.now = true;
  else if (arg === '--value') options.value = true;
  else if (arg === '-p' || arg === '--property') options.properties.push(...(args.shift() ?? '').split(','));
  else if (arg.startsWith('--property=')) options.properties.push(...arg.slice('--property='.length).split(','));
  else if (!['--no-pager', '--system', '-l', '--full', '--plain'].includes(arg)) refuse('systemctl', arg);
}
const [verb, ...units] = words;
if (verb === undefined) refuse('systemctl', 'listing all units');
void askAndEnd('/systemctl', { verb, units, options });
