import * as z from 'zod';
import type { InstanceSettings } from '../../contract/changes';
import { ChangeNotConfirmedError, RestoreFailedError } from '../../contract/errors';
import { changeSettings, isModifiable, rebootInstance, requireInstance, requireSettings } from '../gateways/rds';
import { settingDifferences } from '../gateways/rds-settings';
import { parse } from '../runtime/parse';
import { defineChange, type Change, type Outcome } from './define';
import { ownArn } from './rehearse';

type Settings = Change<'database-settings'>;

/** RDS shows what it was asked for with delay; asked so often without effect, it will not do it. */
export const MAXIMUM_ASKED = 6;

const askedSchema = z.object({ asked: z.number().default(0) });

/**
 * One step from what is to what is wanted: waits while RDS works, reboots where parameters wait for it, asks for what
 * differs (RDS DescribeDBInstances, ModifyDBInstance, AddTagsToResource, RemoveTagsFromResource, RebootDBInstance).
 * @throws RestoreFailedError where a setting makes the instance unusable; ChangeNotConfirmedError naming each setting
 *   that RDS was asked for repeatedly and that still differs
 */
async function step(identifier: string, wanted: InstanceSettings, asked: number): Promise<Outcome> {
  const instance = await requireInstance(identifier);
  if (/^(failed|incompatible-.*)$/.test(instance.status)) {
    throw new RestoreFailedError(`${identifier} is ${instance.status} with the settings it was given.`);
  }
  if (!isModifiable(instance)) return { done: false, progress: `${identifier}: ${instance.status}` };
  if (instance.pending.length > 0) return { done: false, progress: `pending: ${instance.pending.join(', ')}` };
  if (instance.parameterStatus === 'pending-reboot') {
    await rebootInstance(identifier);
    return { done: false, progress: 'rebooting, so that its parameters take effect' };
  }
  const differences = settingDifferences(wanted, requireSettings(instance));
  if (differences.length === 0) {
    if (instance.parameterStatus === 'in-sync') return { done: true, detail: { endpoint: instance.endpoint } };
    return { done: false, progress: `parameters: ${instance.parameterStatus}` };
  }
  const named = differences.map(({ name, expected, actual }) => `${name}: ${actual} instead of ${expected}`).join('; ');
  if (asked >= MAXIMUM_ASKED) {
    throw new ChangeNotConfirmedError(`RDS was asked ${asked} times and ${identifier} still has ${named}.`);
  }
  await changeSettings(instance, wanted);
  return { done: false, progress: named, detail: { asked: asked + 1 } };
}

/** RDS DescribeDBInstances. */
async function read(target: Settings['target']) {
  return { settings: requireSettings(await requireInstance(target.instance)) };
}

/** The first step; what RDS is too busy for is asked again by confirm. */
async function apply({ target }: Settings) {
  return (await step(target.instance, target.settings, 0)).detail ?? {};
}

/** The next step, until nothing differs, nothing is pending and the parameters are in sync. */
async function confirm({ target, detail }: Settings) {
  return await step(target.instance, target.settings, parse(askedSchema, detail, 'the count of attempts').asked);
}

const backSchema = z.object({ askedBack: z.number().default(0) });

async function stepBack({ target, before, detail }: Settings): Promise<Outcome> {
  const { detail: more, ...outcome } = await step(
    target.instance,
    before.settings,
    parse(backSchema, detail, 'the count of attempts').askedBack,
  );
  const { asked } = parse(askedSchema, more ?? {}, 'the count of attempts');
  return { ...outcome, ...(asked > 0 && { detail: { askedBack: asked } }) };
}

/** The same towards the settings before. */
async function undo(change: Settings) {
  return (await stepBack(change)).detail ?? {};
}

async function confirmUndo(change: Settings) {
  return await stepBack(change);
}

const needs = ({ instance, settings }: Settings['target']) => [
  {
    actions: ['rds:ModifyDBInstance', 'rds:RebootDBInstance', 'rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
    resource: ownArn('rds', `db:${instance}`),
  },
  { actions: ['rds:ModifyDBInstance'], resource: ownArn('rds', `pg:${settings.DBParameterGroupName}`) },
  { actions: ['rds:ModifyDBInstance'], resource: ownArn('rds', `og:${settings.OptionGroupName}`) },
  ...(settings.MonitoringRoleArn === undefined
    ? []
    : [
        {
          actions: ['iam:PassRole'],
          resource: settings.MonitoringRoleArn,
          context: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
        },
      ]),
];

export const handler = defineChange('database-settings', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
});
