import { HostUnfitError, InvalidInputError, ReleaseMissingError, SchemaIncompatibleError } from '../../contract/errors';
import type { SchemaRange } from '../../contract/documents';
import { releaseTasks } from '../../contract/tasks/releases';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { rangeInWords, worksWith } from './schema-gate';

interface Known {
  readonly release: string;
  readonly schema: SchemaRange | null;
  readonly undoes: boolean;
}

const livesWithBoth = (schema: SchemaRange | null, from: string, to: string): boolean =>
  schema !== null && worksWith(schema, from) && worksWith(schema, to);

/** @throws InvalidInputError where the version was never applied, or is the present one */
function versionsAbove(versions: readonly string[], version: string): string[] {
  const at = versions.indexOf(version);
  if (at === 0) throw new InvalidInputError(`schemaVersion: the database has ${version} already. Nothing was changed.`);
  if (at > 0) return versions.slice(0, at);
  throw new InvalidInputError(
    `schemaVersion: ${version} was never applied; the database knows ${versions.join(', ')}. Nothing was changed.`,
  );
}

/**
 * Says whether the schema may go back while this release runs, and out of which release: one that runs may be too old to
 * know how to undo what came after it.
 */
export const handler = task(
  releaseTasks['schema-choose'],
  async ({ run, version, versions, inspected, serving, releases }) => {
    const undone = versionsAbove(versions, version);
    const from = versions[0] ?? '';
    const running = [...new Set(inspected.map(({ result }) => result.release))];
    if (running.length > 1) {
      throw new HostUnfitError(
        `The hosts run different releases (${running.join(', ')}): put one on all of them first, {"plan": "application-recovery"}. Nothing was changed.`,
      );
    }
    if (!livesWithBoth(serving.schema, from, version)) {
      const words =
        serving.schema === null
          ? `The release ${serving.release} does not say which schemas it works with (release.json)`
          : `The release ${serving.release} works with schema ${rangeInWords(serving.schema)}, and so not with both ${from} and ${version}`;
      const other = releases.find((each) => livesWithBoth(each.schema, from, version));
      throw new SchemaIncompatibleError(
        other === undefined
          ? `${words}, and no release is known that does. Nothing was changed.`
          : `${words}. Go back to one that does first: {"plan": "application-rollback", "release": "${other.release}"}. Nothing was changed.`,
      );
    }
    const able: readonly Known[] = releases.filter(({ undoes }) => undoes);
    const [chosen] = able;
    if (chosen === undefined) {
      throw new ReleaseMissingError(
        `No release knows how to undo ${undone.join(', ')}: migrations/<version>.down.sql is in none of them. Nothing was changed.`,
      );
    }
    await recordDecision(run.id, {
      at: new Date().toISOString(),
      subject: 'schema',
      choice: `${from} to ${version}, by the migrations of ${chosen.release}`,
      reason: `asked for by the operator; ${serving.release} works with both, and ${chosen.release} knows how to undo ${undone.join(', ')}`,
      alternatives: able.slice(1).map(({ release }) => ({ choice: release, because: `${chosen.release} is newer` })),
    });
    return { release: chosen.release, from, undone };
  },
);
