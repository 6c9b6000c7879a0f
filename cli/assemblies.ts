import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../sandbox/scratch';
import { synthesize, type Synthesis } from './synthesize';

/** The variable of the environment that names a folder where several processes share what they synthesized. */
export const ASSEMBLIES = 'LIFEBOAT_ASSEMBLIES';

export interface Assembly {
  readonly folder: string;
  readonly synthesis: Synthesis;
}

const nothingToDo: Synthesis = { done: Promise.resolve(), stop: () => Promise.resolve() };

/** The app synthesized in this context: as another process has left it where they share, otherwise now. */
export function assemblyOf(context: Readonly<Record<string, string>>): Assembly {
  const shared = process.env[ASSEMBLIES];
  if (shared === undefined) {
    const folder = scratchFolder('assembly');
    return { folder, synthesis: synthesize(folder, context) };
  }
  const folder = join(shared, createHash('sha256').update(JSON.stringify(context)).digest('hex').slice(0, 16));
  if (existsSync(folder)) return { folder, synthesis: nothingToDo };
  const own = `${folder}.${process.pid}`;
  const synthesis = synthesize(own, context);
  const moved = synthesis.done.then(() => {
    try {
      renameSync(own, folder);
    } catch (error) {
      // Two of them may have begun at the same time; what they made is the same.
      if (!existsSync(folder)) throw error;
      rmSync(own, { recursive: true });
    }
  });
  return {
    folder,
    synthesis: {
      done: moved,
      stop: async () => {
        await synthesis.stop();
      },
    },
  };
}
