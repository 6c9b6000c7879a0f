import { accessSync, constants, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The folder of the file for `--json`, checked before anything starts. Null, or what is wrong with it. */
export function unwritable(file: string): string | null {
  const folder = dirname(file);
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return `${file} is a folder`;
    accessSync(folder, constants.W_OK);
    return null;
  } catch {
    return `the folder ${folder} does not exist or cannot be written to`;
  }
}

/** Writes it beside its place first and moves it there, so that nobody reads half of it. */
export async function writeJson(file: string, value: object): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(value, null, 2)}\n`);
  await rename(partial, file);
}
