import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderedMachines } from '../../statemachines/render';

const folder = join(__dirname, '..', '..', 'statemachines', 'rendered');
const machines = renderedMachines();

test.each(Object.entries(machines))(
  '%s: what is committed is what the definition renders to (npm run render)',
  (name, definition) => {
    expect(JSON.parse(readFileSync(join(folder, `${name}.asl.json`), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(definition)),
    );
  },
);

test('nothing else lies in the folder', () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(machines)
      .map((name) => `${name}.asl.json`)
      .sort(),
  );
});
