import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';

const versions = z.array(z.object({ tag: z.string(), version: z.string(), date: z.string(), message: z.string() }));

/** Tags of the repository, oldest first; the last one is broken on purpose. */
export type Version = z.infer<typeof versions>[number];

const template = path.join(__dirname, 'repository');

export function readVersions(): readonly Version[] {
  return versions.parse(JSON.parse(fs.readFileSync(path.join(template, 'versions.json'), 'utf8')));
}

/** Nothing of the user's git configuration, and the same author and dates each time: the commits' ids never change. */
function environment(date: string): NodeJS.ProcessEnv {
  const [name, email] = ['Interview Drills', 'developers@example.com'];
  return {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}

/**
 * Makes the application's git repository in an empty folder, which hosts clone: a commit and a tag for each folder of
 * the template, one laid over the other. `gitignore` and the version 0.0.0 of package.json are filled in here.
 */
export function createRepository(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  for (const { tag, version, date, message } of readVersions()) {
    const git = (...args: string[]): void => {
      execFileSync('git', args, { cwd: folder, env: environment(date), stdio: ['ignore', 'ignore', 'pipe'] });
    };
    if (!fs.existsSync(path.join(folder, '.git'))) git('init', '-q', '-b', 'main');
    fs.cpSync(path.join(template, tag), folder, { recursive: true });
    const ignored = path.join(folder, 'gitignore');
    if (fs.existsSync(ignored)) fs.renameSync(ignored, path.join(folder, '.gitignore'));
    for (const name of ['package.json', 'package-lock.json']) {
      const file = path.join(folder, name);
      const text = fs.readFileSync(path.join(template, 'v1.0.0', name), 'utf8');
      fs.writeFileSync(file, text.replaceAll('"version": "0.0.0"', `"version": "${version}"`));
    }
    git('add', '--all');
    git('commit', '-q', '-m', message);
    git('tag', '-a', '-m', message, tag);
  }
  return folder;
}
