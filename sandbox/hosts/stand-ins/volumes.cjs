'use strict';
const { askAndEnd } = require('./ask-machine.cjs');

const [program, ...argv] = process.argv.slice(2);
void askAndEnd('/volumes', { program, argv });
