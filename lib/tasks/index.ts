import { applicationDeployments } from './application';
import { changeDeployments } from './changes';
import { configurationDeployments } from './configuration';
import { databaseDeployments } from './database';
import type { TaskDeployment } from './deployment';
import { hostDeployments } from './hosts';
import { infrastructureDeployments } from './infrastructure';
import { instanceDeployments } from './instances';
import { integrityDeployments } from './integrity';
import { regionDeployments } from './regions';
import { runDeployments } from './run';
import { undoDeployments } from './undo';
import { validationDeployments } from './validation';
import { volumeDeployments } from './volumes';

/** How each task is deployed, by its name; a test holds the list against contract/tasks. */
export const deployments: Readonly<Record<string, TaskDeployment>> = {
  ...runDeployments,
  ...hostDeployments,
  ...databaseDeployments,
  ...applicationDeployments,
  ...infrastructureDeployments,
  ...instanceDeployments,
  ...integrityDeployments,
  ...undoDeployments,
  ...validationDeployments,
  ...configurationDeployments,
  ...volumeDeployments,
  ...regionDeployments,
  ...changeDeployments,
};
