import { Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path, type Path } from '../../contract/expressions';
import { regionTasks } from '../../contract/tasks';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { fenceInTheDatabase } from '../fragments/fence';
import { carryOut, type Intention } from '../fragments/intention';
import { assign, type Rescue, type Steps } from '../fragments/steps';
import * as intends from './intentions';
import * as is from './values';

type Endpoint = Path<{ address: string; port: number }>;
export const hereAt: Endpoint = path('$current.endpoint');
export const thereAt: Endpoint = path('$there.endpoint');

/** The hosts of this region, both databases, and what else there is to serve from. */
export function lookAtBothRegions(steps: Steps): IChainable {
  return steps.sequence(
    checkTheRight(steps),
    findTheHosts(steps),
    steps.task(
      'Look at both regions',
      regionTasks['regions-inspect'],
      { run: is.run, description: is.description, hosts: is.hosts },
      (found) => [
        assign(is.here, found.here),
        assign(is.there, found.there),
        assign(is.sources, found.sources),
        assign(is.replication, null),
      ],
    ),
  );
}

export function chooseWhatToServeFrom(steps: Steps): IChainable {
  return steps.task(
    'Choose what to serve from',
    regionTasks['region-choose'],
    {
      run: is.run,
      request: is.request,
      description: is.description,
      here: is.here,
      there: is.there,
      sources: is.sources,
      replication: is.replication,
    },
    (chosen) => [
      assign(is.regionSource, chosen.source),
      assign(is.foreseenLoss, chosen.predictedLossSeconds),
      assign(is.baselineTakenAt, chosen.baselineTakenAt),
      { name: is.baselineThrough.body.slice(1), value: expression(chosen.baselineThrough.body) },
      assign(is.fence, 'none'),
      assign(is.caughtUp, false),
      assign(is.oldGrantees, expression<string[]>('[]')),
      assign(is.grantees, expression<string[]>('[]')),
    ],
  );
}

/** How far a database is in its log. */
export function askHowFar(
  steps: Steps,
  name: string,
  props: {
    readonly key: string;
    readonly at: Endpoint;
    readonly to: 'replication' | 'position';
    readonly rescue?: Rescue;
  },
): IChainable {
  return runDocument(steps, name, {
    document: 'inspect-replication',
    run: is.run,
    key: props.key,
    hosts: is.firstHost,
    parameters: is.parametersFor(props.at),
    executionTimeoutSeconds: 60,
    ...(props.rescue === undefined ? {} : { rescue: props.rescue }),
    keep: (_results, only) =>
      props.to === 'position' ? [assign(is.position, only.position)] : [assign(is.replication, only)],
  });
}

/** Waits until the replica has replayed everything up to `$position`. */
export function letItCatchUp(steps: Steps, at: Endpoint, rescue?: Rescue): IChainable {
  return steps.sequence(
    runDocument(steps, 'Let the replica catch up', {
      document: 'await-replay',
      run: is.run,
      key: 'await-replay',
      hosts: is.firstHost,
      parameters: { ...is.parametersFor(at), Position: is.position, WaitSeconds: '300' },
      executionTimeoutSeconds: 330,
      ...(rescue === undefined ? {} : { rescue }),
      keep: (_results, only) => [assign(is.replication, only)],
    }),
    steps.remember('It has everything', [assign(is.caughtUp, true)]),
  );
}

export function recordTheLoss(steps: Steps): IChainable {
  return steps.task(
    'Record the lag',
    regionTasks['loss-record'],
    {
      run: is.run,
      request: is.request,
      there: is.there,
      source: is.regionSource,
      replication: { measured: is.replication, caughtUp: is.caughtUp },
      fence: is.fence,
    },
    (recorded) => [assign(is.lossSeconds, recorded.lossSeconds)],
  );
}

/** Who may connect to the primary over there, for its fence and for the logins of what takes over; then the fence. */
export function fenceInside(steps: Steps, rescue?: Rescue): IChainable {
  return steps.sequence(
    fenceInTheDatabase(steps, {
      key: 'inspect-primary',
      parameters: is.parametersFor(thereAt),
      grantees: is.oldGrantees,
      fencing: intends.fencing,
      ...(rescue === undefined ? {} : { rescue }),
    }),
    steps.remember('It is fenced in the database', [
      assign(is.fence, 'inside'),
      assign(is.grantees, expression<string[]>('[$oldGrantees]')),
    ]),
  );
}

/** The application here finds its database by a record; resolvers keep the old answer for its time to live. */
export function moveTheRecord(steps: Steps, moving: Intention<'dns-record'>): IChainable {
  return steps.sequence(
    carryOut(steps, moving, moments),
    Wait.jsonata(steps.scope, "Wait for the record's time to live", {
      time: WaitTime.seconds('{% $description.database.recordTtlSeconds %}'),
    }),
  );
}

/** Resolvers keep the old answer for the records' time to live. */
export function waitForResolvers(steps: Steps): IChainable {
  return Wait.jsonata(steps.scope, 'Wait until resolvers have forgotten the other region', {
    time: WaitTime.seconds('{% $description.standby.traffic.ttlSeconds %}'),
  });
}
