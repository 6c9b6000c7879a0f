import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderedMachines } from '../../statemachines/render';
import { stepsPage } from '../../statemachines/steps-page';

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

test('docs/steps.md is what the definitions say (npm run render)', () => {
  expect(readFileSync(join(__dirname, '..', '..', 'docs', 'steps.md'), 'utf8')).toBe(stepsPage());
});

test('every file that docs/steps.md points to exists', () => {
  const links = [...stepsPage().matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(40);
  expect(links.filter((link) => !existsSync(join(__dirname, '..', '..', 'docs', link)))).toEqual([]);
});
