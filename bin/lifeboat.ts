#!/usr/bin/env -S npx tsx
import { main } from '../cli/main';
import { openRunner } from '../cli/open-runner';
import { processSurroundings } from '../cli/terminal';

void main(process.argv.slice(2), processSurroundings(openRunner)).then((code) => {
  // Everything was stopped by now; what some library still holds open must not keep the terminal.
  process.exit(code);
});
