import { Duration } from 'aws-cdk-lib';
import { Succeed, Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { IntegrityMeasure } from '../../contract/documents';
import { expression, path, variable } from '../../contract/expressions';
import { undoTasks } from '../../contract/tasks';
import { walks } from '../../contract/undo';
import {
  askEachHost,
  closeToUsers,
  puttingUpThePage,
  resumeOnceHealthy,
  startServices,
  stopping,
  suspendReplacement,
  suspendingReplacement,
  takeThePageDown,
} from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import { walkBackwards, type Taken } from '../fragments/walk';
import type { MachineDefinition } from '../machine';
import * as between from './regions';
import {
  backUpTheCopy,
  findTheSnapshot,
  nothingRestored,
  restoreAndCutOver,
  restores,
  restoringIntends,
  snapshot,
} from './restore';

interface Place {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

interface Databases {
  readonly serving: Place;
  /** Null where it is restored by this run. */
  readonly before: Place | null;
  readonly probeServing: Record<string, string>;
  readonly probeBefore: Record<string, string> | null;
}

const of = variable<string>('of');
const walk = variable<Taken[]>('walk');
const holds = variable<boolean>('holds');
const closes = variable<boolean>('closes');
const ttlSeconds = variable<number>('ttlSeconds');
const databases = variable<Databases | null>('databases');
const serving = variable<IntegrityMeasure>('serving');
const before = variable<IntegrityMeasure | null>('before');
const grantees = variable<string[]>('grantees');
/** The one before, where it is known to be there. */
const overThere = path<IntegrityMeasure>('$before');

/** Whether another database goes into service: the one from before the run, or a copy of it. */
const wentOver = expression<boolean>('$databases != null');

/** From here on the database in service accepts nothing, so that the count is what is lost. It stays fenced, and is kept. */
const fencing = intend('database-fence', {
  step: 'Fence the database in service',
  key: 'fence-serving',
  when: wentOver,
  target: {
    host: expression<string>('$hosts[0]'),
    connection: {
      address: expression<string>('$databases.serving.address'),
      port: expression<number>('$databases.serving.port'),
      name: expression<string>('$databases.serving.name'),
      sslMode: is.description.database.sslMode,
      caFile: is.description.database.caFile,
      masterSecretArn: is.description.database.masterSecretArn,
    },
    logins: is.description.database.logins,
  },
  before: { grantees: expression<string[]>('[$grantees]') },
});

/**
 * Undo: walks the journal of a finished run backwards, traffic before data before hosts. Auto Scaling holds still while hosts
 * restart; what the run had closed is closed meanwhile; a database that it had put into service is fenced, its rows counted,
 * and kept. Where the run had undone migrations the data of before is restored beside, proved and cut over to. Point of no
 * return: the change that was the run's own, taken back, or the record or name that leads to the copy. Before it settling makes again what was taken back; after it a person is called.
 */
export function undo(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Undo failed');
  const steps = new Steps(scope, functions, failed);

  return {
    comment:
      'Takes back what a finished run has changed. Started by the front door only: start `recovery` with {"plan": "undo", "run": "<its id>"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve: resolve(steps),
      intends: [
        { ...suspendingReplacement, when: holds },
        ...[puttingUpThePage, stopping].map((each) => ({ ...each, when: closes })),
        fencing,
        ...restoringIntends,
        ...between.followingAgain,
      ],
      predicts: {
        // A restore by RDS takes 10 to 20 minutes, and the first backup of the copy about ten.
        durationSeconds: expression<number>(`${restores.body} ? 2400 : ${between.durationSeconds.body}`),
        downtimeSeconds: expression<number>(`${restores.body} ? 1500 : $closes ? 400 : 0`),
        lossSeconds: null,
        because:
          'documents and modifications take seconds, healthy targets and the record some minutes; rows that would be lost are counted. What is taken back of the run is in the decisions',
      },
      work: steps.sequence(
        steps.either('Do hosts restart?', holds, suspendReplacement(steps)),
        steps.either('Had it closed the application?', closes, closeToUsers(steps)),
        steps.either('Is there a database to fence?', wentOver, fenceAndCount(steps)),
        steps.either(
          'Is a database to be restored?',
          restores,
          steps.sequence(
            restoreAndCutOver(steps),
            walkBackwards(steps, { items: walk, of, kinds: walks.schema, which: 'second' }),
          ),
          steps.either(
            'Are users led back?',
            between.isBetweenRegions,
            steps.sequence(leadUsersBack(steps), between.takeBackHere(steps, { items: walk, of })),
            walkBackwards(steps, { items: walk, of, kinds: walks.usual }),
          ),
        ),
        steps.either('Did a record move back?', expression<boolean>('$ttlSeconds > 0'), waitForResolvers(steps)),
        steps.either('Are the services stopped?', closes, startServices(steps)),
        // What was before may be what was broken: each host says so within a minute, its target after many.
        steps.either('Did hosts restart?', holds, askEachHost(steps)),
        steps.either('Is the application closed?', closes, takeThePageDown(steps)),
        // Where no host restarts, the validation that every run ends with asks whether it is healthy.
        steps.either('Does Auto Scaling hold still?', holds, resumeOnceHealthy(steps)),
        steps.either('Is there a copy to back up?', restores, backUpTheCopy(steps)),
        Succeed.jsonata(scope, 'Undone', { outputs: { undone: of.toString() } }),
      ),
    }),
  };
}

/** Decides. Nothing is changed up to its end. */
function resolve(steps: Steps): IChainable {
  return steps.sequence(
    checkTheRight(steps),
    findTheHosts(steps),
    steps.task(
      'Read the journal of the run',
      undoTasks['undo-open'],
      { run: is.run, request: is.request, description: is.description },
      (opened) => [
        assign(of, opened.of),
        assign(walk, expression<Taken[]>(`[${opened.walk.body}]`)),
        assign(holds, opened.holds),
        assign(closes, opened.closes),
        assign(ttlSeconds, opened.ttlSeconds),
        assign(databases, path<Databases | null>(opened.databases.body)),
        assign(snapshot, path<string | null>(opened.snapshot.body)),
        assign(between.regions, path<{ instead: string } | null>(opened.regions.body)),
        between.notLookedYet,
        // Measured and asked only where there are two databases.
        assign(before, null),
        assign(grantees, []),
        ...nothingRestored,
      ],
    ),
    steps.either('Is it in a snapshot?', restores, findTheSnapshot(steps, of)),
    steps.either(
      'Did it lead users to another region?',
      between.isBetweenRegions,
      between.lookAtBothRegions(steps, of),
    ),
    steps.either('Did it change over to another database?', wentOver, countWhatWouldBeLost(steps)),
    steps.either(
      'Is there another region to go back to?',
      between.isBetweenRegions,
      between.prove(steps, 'Prove the database over there', { of, measure: overThere, isFenced: false }),
    ),
  );
}

function waitForResolvers(steps: Steps): IChainable {
  return Wait.jsonata(steps.scope, 'Wait for resolvers', {
    time: WaitTime.seconds('{% $ttlSeconds %}'),
  });
}

function measure(
  steps: Steps,
  name: string,
  what: {
    readonly key: string;
    readonly which: 'probeServing' | 'probeBefore';
    readonly to: typeof serving | typeof before;
    /** Where users are served meanwhile, and it is measured again after each approval: it takes few events. */
    readonly long?: true;
  },
): IChainable {
  return runDocument(steps, name, {
    document: 'probe-integrity',
    run: is.run,
    key: what.key,
    hosts: is.firstHost,
    parameters: expression<Record<string, string>>(`$databases.${what.which}`),
    executionTimeoutSeconds: 600,
    ...(what.long === undefined ? {} : { long: what.long }),
    keep: (_results, only) => [assign(what.to, only)],
  });
}

/** Both databases answer, where both are there, and what the one in service has accepted is counted: refused, or accepted by a person. */
function countWhatWouldBeLost(steps: Steps): IChainable {
  return steps.sequence(
    measure(steps, 'Measure the database in service', {
      key: 'measure-serving',
      which: 'probeServing',
      to: serving,
      long: true,
    }),
    steps.either(
      'Is the one before there?',
      expression<boolean>('$databases.before != null'),
      measure(steps, 'Measure the database before', {
        key: 'measure-before',
        which: 'probeBefore',
        to: before,
        long: true,
      }),
    ),
    count(steps, 'Count what would be lost', false),
    askWhoMayConnect(steps),
  );
}

function count(steps: Steps, name: string, isFenced: boolean): IChainable {
  return steps.task(name, undoTasks['undo-count'], {
    run: is.run,
    of,
    serving,
    before,
    acceptLoss: is.request.acceptLoss,
    isFenced,
    instead: between.instead,
  });
}

function fenceAndCount(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, fencing, moments),
    measure(steps, 'Measure it behind the fence', { key: 'measure-fenced', which: 'probeServing', to: serving }),
    count(steps, 'Count what is lost', true),
  );
}

/** Measured once more: what has happened to it since it was looked at is found while the one here can still be opened again. */
function leadUsersBack(steps: Steps): IChainable {
  return steps.sequence(
    measure(steps, 'Measure the database over there', { key: 'measure-over-there', which: 'probeBefore', to: before }),
    between.prove(steps, 'Prove it before it is opened', { of, measure: overThere, isFenced: true }),
    between.leadUsersBack(steps, of),
  );
}

/** Who may come back to it, where the undo fails and the fence is lifted. */
function askWhoMayConnect(steps: Steps): IChainable {
  const { database } = is.description;
  return runDocument(steps, 'Ask who may connect', {
    document: 'inspect-database',
    run: is.run,
    key: 'inspect-serving',
    hosts: is.firstHost,
    parameters: {
      Address: expression<string>('$databases.serving.address'),
      Port: expression<string>('$string($databases.serving.port)'),
      Database: expression<string>('$databases.serving.name'),
      SslMode: database.sslMode,
      CaFile: database.caFile,
      MasterSecretArn: database.masterSecretArn,
    },
    executionTimeoutSeconds: 60,
    keep: (_results, only) => [assign(grantees, only.grantees)],
  });
}
