'use strict';
const { askAndEnd } = require('./ask-machine.cjs');

void askAndEnd('/aws', { argv: process.argv.slice(2) });
