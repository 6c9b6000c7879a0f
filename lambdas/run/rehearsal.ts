import { createHash } from 'node:crypto';
import type { PlannedChange } from '../../contract/planned';
import { rehearsalSchema, type AnsweredRight, type Rehearsal } from '../../contract/rehearsal';
import type { Check } from '../../contract/run';
import { getItem, putItem } from '../gateways/table';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';

const keyOf = (runId: string) => ({ pk: `RUN#${runId}`, sk: 'REHEARSAL' });

/** Keeps what a rehearsal found: item `RUN#<run>`/`REHEARSAL` of table `runs`. A repeated call writes it again. */
export async function putRehearsal(runId: string, rehearsal: Rehearsal): Promise<void> {
  await putItem(environment('runsTable'), { ...keyOf(runId), rehearsal });
}

/** What a rehearsal found; null where the run is none, or did not come so far. */
export async function findRehearsal(runId: string): Promise<Rehearsal | null> {
  const item = await getItem(environment('runsTable'), keyOf(runId));
  return item === undefined ? null : parse(rehearsalSchema, item['rehearsal'], `the rehearsal of ${runId}`);
}

/** The same text for the same value, whatever the order of its fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
    return `{${fields.join(',')}}`;
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** Stands for resolved changes: what a person approved is this, and nothing else. */
export const digestOf = (planned: readonly PlannedChange[]): string =>
  createHash('sha256').update(canonical(planned)).digest('hex');

const lastPart = (arn: string): string => (arn === '*' ? 'any resource' : arn.split(':').slice(5).join(':'));

/** Each right that a role lacks, or that cannot be told of, and how many it has: one check an action and resource. */
export function rightChecks(rights: readonly AnsweredRight[]): Check[] {
  return rights.flatMap(({ right, results, error }): Check[] => {
    const role = right.role.slice(right.role.lastIndexOf('/') + 1);
    const evidence = 'iam:SimulatePrincipalPolicy';
    const name = (action: string) => `${action} on ${lastPart(right.resource)}`;
    const expected = `allowed to ${role}`;
    if (error !== null) {
      const actual = `IAM could not be asked: ${error}`;
      return right.actions.map((action) => ({
        name: name(action),
        status: 'not-checkable',
        expected,
        actual,
        evidence,
      }));
    }
    return right.actions.map((action): Check => {
      const found = results.find((result) => result.action === action);
      const common = { name: name(action), expected, evidence };
      if (found === undefined) return { ...common, status: 'not-checkable', actual: 'IAM answered nothing' };
      if (found.decision === 'allowed') return { ...common, status: 'passed', actual: 'allowed' };
      if (found.decision === 'implicitDeny' && found.missing.length > 0) {
        const actual = `it depends on ${found.missing.join(', ')}, known only when it is called`;
        return { ...common, status: 'not-checkable', actual };
      }
      const how = found.decision === 'explicitDeny' ? 'denied by a policy' : 'no policy allows it';
      return { ...common, status: 'failed', actual: `${how}: deploy the stack again, or take the denying policy away` };
    });
  });
}
