import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderedMachines } from './render';
import { stepsPage } from './steps-page';

/** `npm run render`: writes what the definitions render to, and docs/steps.md from it; tests compare both. */
const folder = join(__dirname, 'rendered');
mkdirSync(folder, { recursive: true });
for (const [name, definition] of Object.entries(renderedMachines())) {
  writeFileSync(join(folder, `${name}.asl.json`), `${JSON.stringify(definition, null, 2)}\n`);
}
writeFileSync(join(__dirname, '..', 'docs', 'steps.md'), stepsPage());
