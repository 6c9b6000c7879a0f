import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { applicationTasks } from '../../contract/tasks';
import { moments, takeBack } from './change';
import { runDocument } from './document';
import { carryOut, intend } from './intention';
import type { Assignment, Steps } from './steps';
import * as is from './values';

/** Keys of these changes in the journal. */
export const applicationKeys = {
  processes: 'suspend-auto-scaling',
  page: 'maintenance-page',
  services: 'stop-services',
} as const;

/** Whatever could replace, terminate or refresh a host whose services stand still, or add one by itself. */
const REPLACING = [
  'Terminate',
  'HealthCheck',
  'ReplaceUnhealthy',
  'AZRebalance',
  'AlarmNotification',
  'ScheduledActions',
  'InstanceRefresh',
];
/** The same, and no host boots whoever asks for it: while the application is closed nobody may write. */
const LAUNCHING_AND_REPLACING = ['Launch', ...REPLACING];

/** What closing the application changes, for a plan's list of intentions: all of `closing`, or one of them. */
export const suspending = intend('auto-scaling-processes', {
  step: 'Suspend Auto Scaling',
  key: applicationKeys.processes,
  target: { group: is.description.autoScalingGroup, suspend: LAUNCHING_AND_REPLACING },
});
/**
 * What a plan suspends that takes hosts out of service and puts them back: all but Launch. "You can't return an instance in a
 * standby state to service if the Launch process is suspended" (Auto Scaling guide), and settling goes last-first: it puts
 * hosts back before it resumes anything, as it does after a crash, and as an undo of such a run has to. What would launch by
 * itself is suspended; a host that somebody launches by hand meanwhile is found (`noHostHasCome`). Terminate stays suspended:
 * "applies only to instances that are currently in the InService state", it keeps none from coming back.
 */
export const suspendingReplacement = intend('auto-scaling-processes', {
  step: suspending.step,
  key: suspending.key,
  target: { group: is.description.autoScalingGroup, suspend: REPLACING },
});
export const puttingUpThePage = intend('maintenance-page', {
  step: 'Put the maintenance page up',
  key: applicationKeys.page,
  target: { listenerArn: is.description.loadBalancer.listenerArn, title: is.description.title },
});
export const stopping = intend('services', {
  step: 'Stop the services',
  key: applicationKeys.services,
  target: { hosts: is.hosts, services: is.description.hosts.services },
  before: { active: is.activeUnits },
});
export const closing = [suspending, puttingUpThePage, stopping] as const;

/** Auto Scaling holds still: no host is launched, replaced or terminated until it is resumed. */
export function suspendAutoScaling(steps: Steps, keep: () => readonly Assignment[] = () => []): IChainable {
  return carryOut(steps, suspending, moments, keep);
}

/** Auto Scaling replaces and terminates no host until it is resumed; those on stand-by can come back (`suspendingReplacement`). */
export function suspendReplacement(steps: Steps): IChainable {
  return carryOut(steps, suspendingReplacement, moments);
}

export function resumeAutoScaling(steps: Steps): IChainable {
  return takeBack(steps, 'Resume Auto Scaling', 'auto-scaling-processes', is.run, applicationKeys.processes, moments);
}

/** Closes the application: Auto Scaling holds still, users see a maintenance page, the services stop on every host. */
export function closeApplication(steps: Steps, keep: () => readonly Assignment[] = () => []): IChainable {
  return steps.sequence(suspendAutoScaling(steps, keep), closeToUsers(steps));
}

/** Users see a maintenance page, the services stop on every host. Auto Scaling holds still already. */
export function closeToUsers(steps: Steps): IChainable {
  return steps.sequence(carryOut(steps, puttingUpThePage, moments), carryOut(steps, stopping, moments));
}

/** Opens it again: services, health on each host, page down, targets, health from outside, and Auto Scaling last. */
export function openApplication(steps: Steps): IChainable {
  return steps.sequence(startServices(steps), askEachHost(steps), takeThePageDown(steps), resumeOnceHealthy(steps));
}

export function takeThePageDown(steps: Steps): IChainable {
  return takeBack(steps, 'Take the maintenance page down', 'maintenance-page', is.run, applicationKeys.page, moments);
}

/** Targets, health from outside, and Auto Scaling last: it would terminate a host that is not healthy yet. */
export function resumeOnceHealthy(steps: Steps): IChainable {
  return steps.sequence(awaitHealth(steps), resumeAutoScaling(steps));
}

/** All of them: one that had crashed because its database was gone was not active when the run began. */
export function startServices(steps: Steps): IChainable {
  return steps.sequence(
    runDocument(steps, 'Start the services', {
      document: 'start-services',
      run: is.run,
      key: 'start-services',
      hosts: is.hosts,
      parameters: { Services: is.servicesInStartOrder },
      executionTimeoutSeconds: 300,
    }),
    takeBack(steps, 'Note that the services run again', 'services', is.run, applicationKeys.services, moments),
  );
}

/** Health on each host by its own address. */
export function askEachHost(steps: Steps): IChainable {
  return runDocument(steps, 'Ask each host whether it is healthy', {
    document: 'check-health',
    run: is.run,
    key: 'check-health',
    hosts: is.hosts,
    parameters: { HealthUrl: is.description.hosts.healthUrl, Attempts: '30', SecondsBetween: '2' },
    // Each attempt waits 10 s for an answer and 2 s for the next: the script gives up before SSM does.
    executionTimeoutSeconds: 400,
  });
}

/** Ends every connection of the application's hosts: they connect anew when the services start. */
export function stopServices(steps: Steps): IChainable {
  return carryOut(steps, stopping, moments);
}

/** Which targets have to be healthy: those of hosts that the run goes on without do not, unless it is about every one. */
type Targets = 'all' | 'but-those-left-out';

/** All targets healthy, then the application healthy from outside. */
export function awaitHealth(steps: Steps, which: Targets = 'but-those-left-out'): IChainable {
  return steps.sequence(awaitTargets(steps, which), awaitOutside(steps));
}

/** What leads users where the described group does not: a run that is undone may have made that one. */
export const whereUsersAreLed = {
  listenerArn: is.description.loadBalancer.listenerArn,
  paths: expression<string[]>('[$description.loadBalancer.paths]'),
};

export function awaitTargets(steps: Steps, which: Targets = 'but-those-left-out'): IChainable {
  return steps.sequence(
    steps.fromNow('All targets healthy'),
    steps.until(
      'All targets healthy',
      applicationTasks['targets-await'],
      {
        targetGroupArn: is.description.loadBalancer.targetGroupArn,
        ...(which === 'all' ? {} : { instead: whereUsersAreLed, except: is.leftOut }),
      },
      // A target counts as healthy after five checks of 30 s (ELB, default settings).
      { firstSeconds: 10, longestSeconds: 30, rounds: 40 },
      (targets) => targets.done,
    ),
  );
}

export function awaitOutside(steps: Steps): IChainable {
  return steps.sequence(
    steps.fromNow('Healthy from outside'),
    steps.until(
      'Healthy from outside',
      applicationTasks['outside-check'],
      { publicUrl: is.description.publicUrl },
      { firstSeconds: 2, longestSeconds: 15, rounds: 20 },
      (answer) => answer.healthy,
    ),
  );
}
