import { isSwitched, leadsElsewhere, leadsTo, setSwitch } from '../gateways/region-switch';
import { defineChange, type Change } from './define';
import type { Need } from './rehearse';

type Traffic = Change<'region-traffic'>;

/** S3 HeadObject. */
async function read(target: Traffic['target']) {
  return { standbyServes: await isSwitched(target) };
}

/** S3 PutObject or DeleteObject. */
async function apply({ run, target }: Traffic) {
  const words = `${run.id} made ${target.leadsTo} serve ${target.name} at ${new Date().toISOString()}\n`;
  await setSwitch(target, target.standbyServes, words);
  return {};
}

/**
 * DNS alone, as users ask it: the health check has seen the object come or go, and the name leads to the region. Resolvers
 * may keep the old answer for the records' time to live more.
 */
async function confirm({ target }: Traffic) {
  if (await leadsTo(target.name, target.leadsTo)) return { done: true };
  return { done: false, progress: `${target.name} does not lead to ${target.leadsTo} yet` };
}

/** S3 PutObject or DeleteObject, as it was. */
async function undo({ run, target, before }: Traffic) {
  await setSwitch(target, before.standbyServes, `${run.id} put it back at ${new Date().toISOString()}\n`);
  return {};
}

/** S3 HeadObject, and DNS as users ask it: where they had been led here, the health check has to see it and lead them away. */
async function confirmUndo({ target, before }: Traffic) {
  if ((await isSwitched(target)) !== before.standbyServes) {
    return { done: false, progress: `${target.bucket}/${target.key} is not as before yet` };
  }
  if (before.standbyServes === target.standbyServes || (await leadsElsewhere(target.name, target.leadsTo))) {
    return { done: true };
  }
  return { done: false, progress: `${target.name} still leads to ${target.leadsTo}` };
}

const needs = ({ bucket, key, standbyServes }: Traffic['target']): Need[] => [
  { actions: [standbyServes ? 's3:PutObject' : 's3:DeleteObject'], resource: `arn:aws:s3:::${bucket}/${key}` },
];

export const handler = defineChange('region-traffic', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
