import { TargetGroupUnfitError } from '../../contract/errors';
import { applicationTasks } from '../../contract/tasks/application';
import type { ArgumentsOf } from '../../contract/tasks/task';
import { targetsInGroup, type TargetState } from '../gateways/load-balancer';
import { findTargetGroup } from '../gateways/target-groups';
import { handler as task } from '../runtime/handler';
import { answering } from './led-to';

/** @throws TargetGroupUnfitError */
async function targetsOf(described: string): Promise<TargetState[]> {
  try {
    return await targetsInGroup(described);
  } catch (error) {
    if (!(error instanceof TargetGroupUnfitError)) throw error;
    // One that was made again has another ARN than the description.
    return await targetsInGroup((await findTargetGroup(described)).arn);
  }
}

type Instead = NonNullable<ArgumentsOf<(typeof applicationTasks)['targets-await']>['instead']>;

/** Of every group to which the listener forwards these paths, each target once; a path that leads to nobody has none. */
async function ledTo({ listenerArn, paths }: Instead): Promise<TargetState[]> {
  const groups = (await answering(listenerArn, paths)).flatMap(({ rule }) => rule?.forwardsTo ?? []);
  const found: TargetState[] = [];
  for (const arn of new Set(groups)) found.push(...(await targetsInGroup(arn)));
  return found;
}

/**
 * Of the described group; where there is no such group, or nobody in it, of those to which users are led instead.
 * @throws TargetGroupUnfitError where there is no such group and nothing else
 */
async function serving(described: string, instead: Instead | undefined): Promise<TargetState[]> {
  try {
    const targets = await targetsOf(described);
    return targets.length > 0 || instead === undefined ? targets : await ledTo(instead);
  } catch (error) {
    if (!(error instanceof TargetGroupUnfitError) || instead === undefined) throw error;
    const others = await ledTo(instead);
    if (others.length === 0) throw error;
    return others;
  }
}

/** Done once every registered target of the group is healthy, or those that are named, or all but some; no target is not. */
export const handler = task(
  applicationTasks['targets-await'],
  async ({ targetGroupArn, instead, only, except = [] }) => {
    const targets = (await serving(targetGroupArn, instead)).filter(
      ({ id }) => (only?.includes(id) ?? true) && !except.includes(id),
    );
    const healthy = targets.filter(({ state }) => state === 'healthy').length;
    const wanted = only?.length ?? Math.max(targets.length, 1);
    return { done: targets.length >= wanted && healthy === targets.length, healthy, registered: targets.length };
  },
);
