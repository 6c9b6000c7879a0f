import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderedMachines } from './render';

/** `npm run render`: writes what the definitions render to; a test compares. */
const folder = join(__dirname, 'rendered');
mkdirSync(folder, { recursive: true });
for (const [name, definition] of Object.entries(renderedMachines())) {
  writeFileSync(join(folder, `${name}.asl.json`), `${JSON.stringify(definition, null, 2)}\n`);
}
