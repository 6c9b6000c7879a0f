import { changeKinds, type ChangeKind, type ChangeState, type JournalEntry } from '../../contract/changes';
import type { FinalStatus } from '../../contract/run';
import { reportKey } from '../gateways/reports';
import type { RunRecord } from '../gateways/runs';

/** What a person has to know of the databases when a run is over, by the journal. */

const inForce: readonly ChangeState[] = ['applied', 'confirmed'];
/** Nobody knows whether it is in force. */
const unsure: readonly ChangeState[] = ['recorded', 'undoing', 'undo-failed'];

const standing = (journal: readonly JournalEntry[], kind: ChangeKind) =>
  journal.filter(
    (entry) =>
      entry.undoes === undefined && entry.kind === kind && entry.state !== 'not-applied' && entry.state !== 'undone',
  );
/** A clause for what may or may not be so. */
const perhaps = ({ state }: JournalEntry): string =>
  inForce.includes(state) ? '' : unsure.includes(state) ? ` (not certain: the change is ${state})` : '';

/** To which region users are led, where the run, or one that it took back, had led them to another one. */
function users(journal: readonly JournalEntry[]): string[] {
  return journal.flatMap((entry) => {
    if (entry.kind !== 'region-traffic' || entry.state === 'not-applied' || entry.state === 'undone') return [];
    const target = changeKinds['region-traffic'].target.safeParse(entry.target);
    if (!target.success) return [];
    const { name, leadsTo } = target.data;
    const led = entry.undoes === undefined ? `led to ${leadsTo}` : `led away from ${leadsTo} again`;
    return [`Users of ${name} are ${led}${perhaps(entry)}.`];
  });
}

/** Which database the application reaches. */
function serving(journal: readonly JournalEntry[]): string[] {
  const records = standing(journal, 'dns-record').flatMap((entry) => {
    const target = changeKinds['dns-record'].target.safeParse(entry.target);
    return target.success ? [`${target.data.name} leads to ${target.data.value}${perhaps(entry)}.`] : [];
  });
  const renames = standing(journal, 'instance-rename').flatMap((entry) => {
    const target = changeKinds['instance-rename'].target.safeParse(entry.target);
    return target.success
      ? [`The instance ${target.data.from} was renamed to ${target.data.to}${perhaps(entry)}.`]
      : [];
  });
  const moved = [...records, ...renames];
  return moved.length > 0 ? moved : ["The application's name leads to the instance that it led to before the run."];
}

/** Whether the old database is closed, and by what. */
function fences(journal: readonly JournalEntry[]): string[] {
  const inside = standing(journal, 'database-fence').flatMap((entry) => {
    const target = changeKinds['database-fence'].target.safeParse(entry.target);
    if (!target.success) return [];
    const { address, name } = target.data.connection;
    return [`The old database ${name} at ${address} is fenced: nobody but its master may connect${perhaps(entry)}.`];
  });
  const around = standing(journal, 'network-fence').flatMap((entry) => {
    const target = changeKinds['network-fence'].target.safeParse(entry.target);
    if (!target.success) return [];
    const { instance, securityGroupId } = target.data;
    return [`The old instance ${instance} is fenced by the security group ${securityGroupId}${perhaps(entry)}.`];
  });
  return [...inside, ...around];
}

/** The restored instance, and the old one that is kept. */
function instances(journal: readonly JournalEntry[]): string[] {
  const restored = standing(journal, 'database-replacement').flatMap((entry) => {
    const target = changeKinds['database-replacement'].target.safeParse(entry.target);
    return target.success ? [`The restored instance was made as ${target.data.instance}${perhaps(entry)}.`] : [];
  });
  const kept = standing(journal, 'kept-instance').flatMap((entry) => {
    const target = changeKinds['kept-instance'].target.safeParse(entry.target);
    if (!target.success) return [];
    return [
      `The old instance is kept as ${target.data.instance} for ${target.data.expiresInDays} days${perhaps(entry)}.`,
    ];
  });
  return [...restored, ...kept];
}

/** What serves now, the instances and the old one's fence, each in a sentence; empty where nothing was changed. */
export function aftermath(journal: readonly JournalEntry[]): string[] {
  if (journal.every(({ state }) => state === 'not-applied')) return [];
  return [...users(journal), ...serving(journal), ...instances(journal), ...fences(journal)];
}

/** The next command to type: reading the report or, where nothing is changed any more, starting again. */
export function nextCommand(run: RunRecord, status: FinalStatus, passed: boolean, bucket: string): string {
  if (status === 'succeeded' || status === 'failed' || passed) {
    return `aws s3 cp s3://${bucket}/${reportKey(run.id, 'html')} .`;
  }
  const machine = run.executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]*$/, '');
  const input = JSON.stringify({ plan: run.plan ?? 'database-recovery' });
  return `aws stepfunctions start-execution --state-machine-arn ${machine} --name <a new name> --input '${input}'`;
}
