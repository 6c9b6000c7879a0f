import type * as z from 'zod';
import { documents, type DocumentName, type DocumentResult } from '../../contract/documents';
import type { Found, validationTasks } from '../../contract/tasks/validation';
import { judge as judgeMeasure } from '../integrity/judge';
import { parse } from '../runtime/parse';
import { made, unmade, type Answers, type Judged } from './checks';
import { serviceLevelChecks } from './service-levels';

/** What was asked, and what was answered. */
export type Asked = Omit<z.infer<(typeof validationTasks)['validation-judge']['arguments']>, 'run'>;

/** `documents` as the compiler can follow it for a document that is a type parameter. */
const results: { readonly [N in DocumentName]: { readonly result: z.ZodType<DocumentResult<N>> } } = documents;

function answersOf<N extends DocumentName>(document: N, { results: found, failure }: Found): Answers<N> {
  if (failure !== null) return { missing: `${failure.Error}: ${failure.Cause}` };
  if (found === null || found.length === 0) return { missing: `${document} was run on no host` };
  return {
    on: found.map(({ host, result }) => ({
      host,
      result: parse(results[document].result, result, `the result of ${document}`),
    })),
  };
}

/** Each host by its own address. One that cannot be asked matters unless every target of the load balancer was asked. */
function health(asked: Asked, measured: Answers<'measure-application'>): Judged[] {
  const { description, hosts, unheard, targets } = asked;
  const name = (host: string) => `health on ${host}`;
  const evidence = `measure-application, ${description.hosts.healthUrl}`;
  const serves = targets.registered > hosts.length || hosts.length === 0;
  const silent = unheard.map(({ host, why }) => unmade(name(host), 'status 200', why, evidence, serves));
  if ('missing' in measured)
    return [...hosts.map((host) => unmade(name(host), 'status 200', measured.missing, evidence, true)), ...silent];
  return [
    ...measured.on.map(({ host, result: { health: answer } }) =>
      made(name(host), answer.status === 200, 'status 200', `status ${answer.status}: ${answer.body}`, evidence),
    ),
    ...silent,
  ];
}

function services(inspected: Answers<'inspect-host'>): Judged[] {
  const expected = 'every unit active on each host';
  if ('missing' in inspected) return [unmade('services', expected, inspected.missing, 'inspect-host', true)];
  const states = inspected.on.flatMap(({ host, result }) =>
    Object.entries(result.services).map(([unit, state]) => ({ host, unit, state })),
  );
  const down = states.filter(({ state }) => state !== 'active');
  const words = down.map(({ host, unit, state }) => `${unit} is ${state} on ${host}`).join(', ');
  return [made('services', down.length === 0, expected, words || `${states.length} active`, 'inspect-host')];
}

function release(inspected: Answers<'inspect-host'>): Judged[] {
  const expected = 'the same release on each host';
  if ('missing' in inspected) return [unmade('release', expected, inspected.missing, 'inspect-host', true)];
  const words = inspected.on.map(({ host, result }) => `${result.release} on ${host}`).join(', ');
  const tags = new Set(inspected.on.map(({ result }) => result.release));
  // A folder without a repository (a prebuilt artefact) says nothing of its release.
  if (tags.has('unknown') || tags.has('')) return [unmade('release', expected, words, 'inspect-host', false)];
  return [made('release', tags.size === 1, expected, words, 'inspect-host')];
}

/** Rules of tables and the schema's version; how many rows there should be only a baseline could say. */
function integrity({ description }: Asked, probed: Answers<'probe-integrity'>): Judged[] {
  const [only] = 'on' in probed ? probed.on : [];
  if (only === undefined) {
    const why = 'missing' in probed ? probed.missing : 'no host was asked';
    return [
      unmade('integrity', '0 rows that break a rule', why, 'probe-integrity', true),
      unmade('schema version', 'a version', why, 'probe-integrity', true),
    ];
  }
  const { tables } = only.result;
  const counted = tables.map(({ table, rows }) => `${rows.after} in ${table}`).join(', ');
  const checks = judgeMeasure(only.result, description.database.integrityChecks, null);
  const measured = made(
    'rows',
    tables.length === description.database.integrityChecks.length,
    'every table can be read',
    counted,
    `probe of ${only.result.takenAt}`,
  );
  return [
    measured,
    ...checks
      .filter(({ name }) => !name.startsWith('rows of '))
      .map((check) => ({ check, isNeeded: true }) satisfies Judged),
  ];
}

type Ran = DocumentResult<'test-application'>['tests'];

/** Where test runners and scripts begin to say what failed: TAP, node:test, Jest, Mocha, and whatever ends by an error. */
const FAILURE = /^\s*(not ok\b|✖|✕|●|\d+\) |error\b|\w*Error\b).*/im;

/** Of the end of an output what it says of the failure, else its last words; in one line. */
function telling(tail: string): string {
  const from = FAILURE.exec(tail)?.index;
  const line = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return from === undefined ? line(tail).slice(-300) : line(tail.slice(from)).slice(0, 400);
}

function ranWell(name: string, what: string, ran: Ran, isNeeded: boolean, evidence: string): Judged {
  const expected = `${what} ends with exit code 0`;
  if (!ran.ran) return unmade(name, expected, ran.because, evidence, isNeeded);
  const actual = `exit code ${ran.exitCode} after ${ran.seconds} s: ${telling(ran.tail)}`;
  return made(name, ran.exitCode === 0, expected, actual, evidence);
}

/** The release's own words. What the release or the description does not have is no fault of the application. */
function ownTests({ description, tests }: Asked, tested: Answers<'test-application'>): Judged[] {
  const [only] = 'on' in tested ? tested.on : [];
  const script = description.validation.consistencyScript;
  const names = [`npm run ${tests}`, script] as const;
  if (only === undefined) {
    const why = 'missing' in tested ? tested.missing : 'no host was asked';
    const evidence = 'test-application';
    return [
      unmade('tests', 'exit code 0', why, evidence, tests !== 'none'),
      unmade('data consistency', 'exit code 0', why, evidence, script !== 'none'),
    ];
  }
  const evidence = `test-application on ${only.host}`;
  return [
    ranWell('tests', tests === 'none' ? 'the tests of the release' : names[0], only.result.tests, false, evidence),
    ranWell('data consistency', names[1], only.result.consistency, false, evidence),
  ];
}

/**
 * Every check of a validation, in the order in which people read them: what users see first.
 * @param when.began when the run began, or null for a validation that was started alone
 */
export function judge(asked: Asked, when: { readonly began: string | null; readonly at: string }): Judged[] {
  const inspected = answersOf('inspect-host', asked.inspected);
  const measured = answersOf('measure-application', asked.measured);
  const { outside, targets, description } = asked;
  return [
    made('health from outside', outside.healthy, 'a status from 200 to 299', outside.detail, description.publicUrl),
    made(
      'targets of the load balancer',
      targets.registered > 0 && targets.healthy === targets.registered,
      'every registered target healthy',
      `${targets.healthy} of ${targets.registered}`,
      'DescribeTargetHealth',
    ),
    ...health(asked, measured),
    ...services(inspected),
    ...release(inspected),
    ...serviceLevelChecks(description.serviceLevels, measured, when),
    ...integrity(asked, answersOf('probe-integrity', asked.probed)),
    ...ownTests(asked, answersOf('test-application', asked.tested)),
  ];
}
