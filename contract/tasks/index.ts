import { applicationTasks } from './application';
import { changeTasks } from './changes';
import { configurationTasks } from './configuration';
import { databaseTasks } from './database';
import { fileTasks } from './files';
import { hostTasks } from './hosts';
import { infrastructureTasks } from './infrastructure';
import { instanceTasks } from './instances';
import { integrityTasks } from './integrity';
import { regionTasks } from './regions';
import { releaseTasks } from './releases';
import { runTasks } from './run';
import { trafficTasks } from './traffic';
import type { TaskContract } from './task';
import { undoTasks } from './undo';
import { validationTasks } from './validation';
import { volumeTasks } from './volumes';

/** Every task by name; lambdas/build.ts makes one function of each, and a test compares this list with the folders. */
export const allTasks: readonly TaskContract[] = [
  ...Object.values(runTasks),
  ...Object.values(hostTasks),
  ...Object.values(databaseTasks),
  ...Object.values(applicationTasks),
  ...Object.values(instanceTasks),
  ...Object.values(infrastructureTasks),
  ...Object.values(releaseTasks),
  ...Object.values(trafficTasks),
  ...Object.values(integrityTasks),
  ...Object.values(undoTasks),
  ...Object.values(validationTasks),
  ...Object.values(configurationTasks),
  ...Object.values(volumeTasks),
  ...Object.values(fileTasks),
  ...Object.values(regionTasks),
  ...changeTasks,
];
export {
  applicationTasks,
  changeTasks,
  configurationTasks,
  databaseTasks,
  fileTasks,
  hostTasks,
  infrastructureTasks,
  instanceTasks,
  trafficTasks,
  integrityTasks,
  regionTasks,
  releaseTasks,
  runTasks,
  undoTasks,
  validationTasks,
  volumeTasks,
};
export { changeTask } from './changes';
export { task, type ArgumentsOf, type Capability, type ResultOf, type TaskContract } from './task';
