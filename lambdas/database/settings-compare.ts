import { SettingsDifferError } from '../../contract/errors';
import { databaseTasks } from '../../contract/tasks/database';
import { requireInstance, requireSettings } from '../gateways/rds';
import { settingDifferences, settingsCompared } from '../gateways/rds-settings';
import { handler as task } from '../runtime/handler';

/** Every setting of the replacement against the source's; answers with its endpoint. */
export const handler = task(databaseTasks['settings-compare'], async ({ instance: identifier, settings }) => {
  const instance = await requireInstance(identifier);
  const differences = settingDifferences(settings, requireSettings(instance));
  if (differences.length > 0 || instance.endpoint === null) {
    const lines = differences.map(({ name, expected, actual }) => `${name} is ${actual} and should be ${expected}`);
    if (instance.endpoint === null) lines.push('it has no endpoint');
    throw new SettingsDifferError(`${identifier} is not like its source: ${lines.join('; ')}.`);
  }
  return { compared: settingsCompared, endpoint: instance.endpoint };
});
