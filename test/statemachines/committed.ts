import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '..', '..', 'statemachines', 'rendered');
const ENDING = '.asl.json';

/**
 * The definitions by name as their committed files have them: reading them takes a tenth of what rendering takes. That they
 * are what statemachines/ renders to is the business of rendered.test.ts.
 */
export const definitions: ReadonlyMap<string, unknown> = new Map(
  readdirSync(folder).map((file): [string, unknown] => [
    file.slice(0, -ENDING.length),
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  ]),
);
