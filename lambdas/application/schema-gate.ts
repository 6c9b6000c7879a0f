import { SchemaIncompatibleError } from '../../contract/errors';
import type { SchemaRange } from '../../contract/documents';
import { releaseTasks } from '../../contract/tasks/releases';
import { recordChecks } from '../run/journal';
import { handler as task } from '../runtime/handler';

/** `1.10.0` after `1.9.0`: number by number; what is no number is compared as text. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one.split('.'), other.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [a = '0', b = '0'] = [left[at], right[at]];
    const numbers = /^\d+$/.test(a) && /^\d+$/.test(b);
    const order = numbers ? Math.sign(Number(BigInt(a) - BigInt(b))) : a.localeCompare(b);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether a release works with a schema. */
export const worksWith = ({ minimum, maximum }: SchemaRange, version: string): boolean =>
  compareVersions(version, minimum) >= 0 && (maximum === null || compareVersions(version, maximum) <= 0);

export const rangeInWords = ({ minimum, maximum }: SchemaRange): string =>
  maximum === null ? `${minimum} or newer` : minimum === maximum ? minimum : `${minimum} to ${maximum}`;

/** What to do where it does not. */
function refusal(release: string, range: SchemaRange, version: string, versions: readonly string[]): string {
  const words = `The release ${release} works with schema ${rangeInWords(range)}; the database has ${version}.`;
  if (compareVersions(version, range.minimum) < 0) {
    return `${words} Its migrations are not applied: choose an older release, or apply them first. Nothing was changed.`;
  }
  const target = versions.find((each) => worksWith(range, each));
  return target === undefined
    ? `${words} The database never had such a schema: choose another release. Nothing was changed.`
    : `${words} Roll the schema back first: {"plan": "schema-rollback", "schemaVersion": "${target}"}. Nothing was changed.`;
}

/**
 * Holds what the release says of the schema against the database's newest version.
 * @throws SchemaIncompatibleError
 */
export const handler = task(
  releaseTasks['schema-gate'],
  async ({ run, release, schema, versions: [version, ...older], mayBeUnknown }) => {
    if (version === undefined) throw new TypeError('the contract has at least one version');
    const compatible = schema === null ? null : worksWith(schema, version);
    await recordChecks(run.id, [
      {
        name: `the schema fits ${release}, ${mayBeUnknown ? 'before anything is changed' : 'right before the switch'}`,
        status: compatible === null ? 'not-checkable' : compatible ? 'passed' : 'failed',
        expected: schema === null ? 'release.json is not known yet' : rangeInWords(schema),
        actual: version,
        evidence: 'release.json of the release, and the versions in the database',
      },
    ]);
    if (schema !== null && compatible === false) {
      throw new SchemaIncompatibleError(refusal(release, schema, version, [version, ...older]));
    }
    if (schema === null && !mayBeUnknown) {
      throw new SchemaIncompatibleError(
        `The release ${release} does not say which schema it needs: its release.json should hold {"schema": {"minimum": "…"}}. Nothing was changed.`,
      );
    }
    return { version, compatible };
  },
);
