import { byDocument, parametersOf } from './by-document';
import { defineChange, expiry, type Change } from './define';

type Side = Change<'side-database'>;

/** As long as a restore may take: six hours. */
const SECONDS = 21_600;

/** Document restore-backup, which refuses a database of that name that is not this run's. */
const document = byDocument<'side-database', 'restore-backup'>('restore-backup', SECONDS, ({ run, target }) => ({
  ...parametersOf(target.connection),
  BackupFolder: target.source.folder,
  BackupName: target.source.file,
  SideDatabase: target.database,
  RunId: run.id,
  Expires: expiry(target.expiresInDays),
}));

/** Nothing that holds data is deleted: it stays, with its expiry in its comment. */
const undo = ({ target }: Side) => Promise.resolve({ kept: target.database });
const confirmUndo = () => Promise.resolve({ done: true });

export const handler = defineChange('side-database', {
  ...document,
  read: () => Promise.resolve({ exists: false } as const),
  undo,
  confirmUndo,
});
