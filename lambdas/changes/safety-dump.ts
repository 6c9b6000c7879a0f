import { byDocument, parametersOf } from './by-document';
import { defineChange, expiry, type Change } from './define';

type Dump = Change<'safety-dump'>;

/** As long as a dump may take: six hours. */
const SECONDS = 21_600;

/** `<name>_expires_<date>.dump`: nobody takes it for a nightly backup, and it says itself when it may go. */
export const dumpFile = ({ name, expiresInDays }: Dump['target'], now = Date.now()): string =>
  `${name}_expires_${expiry(expiresInDays, now)}.dump`;

/** Document backup-database. */
const document = byDocument<'safety-dump', 'backup-database'>('backup-database', SECONDS, ({ target }) => ({
  ...parametersOf(target.connection),
  BackupFolder: target.folder,
  BackupName: dumpFile(target),
}));

/** A backup stays. */
const undo = ({ target }: Dump) => Promise.resolve({ kept: target.name });
const confirmUndo = () => Promise.resolve({ done: true });

export const handler = defineChange('safety-dump', {
  ...document,
  read: () => Promise.resolve({ exists: false } as const),
  undo,
  confirmUndo,
});
