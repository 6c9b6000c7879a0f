/**
 * What a point in time is restored from: WAL segments, base backups, and the last moment proved to be covered. It
 * outlives its cluster when its folder is elsewhere.
 */
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { type Account, ownFolder, requireEntry } from './account';
import { ArchiveStalledError, DeadlineError } from './errors';
import { until } from './wait';

const when = z.iso.datetime().transform((text) => new Date(text));

const BaseBackup = z.object({
  id: z.string(),
  /** `cold`: of a stopped server, complete in itself. */
  kind: z.enum(['hot', 'cold']),
  major: z.number(),
  startedAt: when,
  /** No moment before this can be restored from it. */
  endedAt: when,
  bytes: z.number(),
  /** Names of the first and last WAL segment without which it is not consistent. */
  segments: z.object({ first: z.string(), last: z.string() }).optional(),
  /** Settings that a replaying server must not have smaller. */
  limits: z.record(z.string(), z.number()),
});
export type BaseBackup = Readonly<z.infer<typeof BaseBackup>>;

const Proven = z.object({ until: when });

const SEGMENT = /^[0-9A-F]{24}$/;

export class Archive {
  readonly walFolder: string;
  readonly backupsFolder: string;

  private constructor(readonly folder: string) {
    this.walFolder = join(folder, 'wal');
    this.backupsFolder = join(folder, 'backups');
  }

  /** An archive that `account`'s servers write to; an existing one is kept. */
  static async create(folder: string, account: Account): Promise<Archive> {
    const archive = new Archive(resolve(folder));
    await ownFolder(archive.folder, account);
    await requireEntry(archive.folder, account);
    await ownFolder(archive.walFolder, account);
    await mkdir(archive.backupsFolder, { recursive: true, mode: 0o700 });
    return archive;
  }

  /** An existing archive, for reading. */
  static open(folder: string): Archive {
    return new Archive(resolve(folder));
  }

  /** Complete base backups, oldest first. */
  async backups(): Promise<BaseBackup[]> {
    const names = await readdir(this.backupsFolder).catch(() => []);
    const complete = names.filter((name) => !name.startsWith('.'));
    const backups = await Promise.all(
      complete.map(async (name) => read(BaseBackup, join(this.backupsFolder, name, 'backup.json'))),
    );
    return backups.sort((a, b) => a.endedAt.getTime() - b.endedAt.getTime());
  }

  /** Folder with a base backup's files. */
  dataOf(backup: BaseBackup): string {
    return join(this.backupsFolder, backup.id, 'data');
  }

  /** Files a base backup under its id; it appears complete or not at all. */
  async add(backup: BaseBackup, draft: string): Promise<void> {
    await writeFile(join(draft, 'backup.json'), JSON.stringify(backup));
    await rename(draft, join(this.backupsFolder, backup.id));
  }

  /** End of the oldest base backup, `undefined` before the first. */
  async earliestRestorableTime(): Promise<Date | undefined> {
    return (await this.backups())[0]?.endedAt;
  }

  /** The latest restorable time last proved by `latestRestorableTime(cluster)`; `undefined` before the first proof. */
  async provenUntil(): Promise<Date | undefined> {
    const file = join(this.folder, 'proven.json');
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    return exists ? (await read(Proven, file)).until : undefined;
  }

  /** Notes that everything committed until then is archived. */
  async prove(moment: Date): Promise<void> {
    const before = await this.provenUntil();
    if (before !== undefined && before >= moment) return;
    const draft = join(this.folder, `.proven-${moment.getTime()}`);
    await writeFile(draft, JSON.stringify({ until: moment }));
    await rename(draft, join(this.folder, 'proven.json'));
  }

  /** Names of the archived WAL segments, oldest first. */
  async segments(): Promise<string[]> {
    return (await readdir(this.walFolder)).filter((name) => SEGMENT.test(name)).sort();
  }

  /** Names of the archived timeline histories: a cluster that was itself restored has one. */
  async histories(): Promise<string[]> {
    return (await readdir(this.walFolder)).filter((name) => /^[0-9A-F]{8}\.history$/.test(name)).sort();
  }

  /**
   * Waits for a segment. The folder is asked, not `last_archived_wal`, which names a segment before its file is there.
   * @throws ArchiveStalledError
   */
  async has(segment: string, seconds = 60): Promise<void> {
    const file = join(this.walFolder, segment);
    try {
      await until(`segment ${segment}`, seconds, () =>
        access(file).then(
          () => true,
          () => undefined,
        ),
      );
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new ArchiveStalledError(`segment ${segment} was not archived within ${seconds} s`, { cause: error });
    }
  }
}

async function read<T>(schema: z.ZodType<T>, file: string): Promise<T> {
  return schema.parse(JSON.parse(await readFile(file, 'utf8')));
}
