import { runTasks } from '../../contract/tasks/run';
import { environmentNameSchema } from '../../contract/description';
import { InvalidInputError } from '../../contract/errors';
import { readDescription } from '../gateways/parameters';
import { openRun, setRun } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task } from '../runtime/handler';
import { parse } from '../runtime/parse';
import { parseRequest } from './request';

/**
 * Records the run under its execution's name, first of all: a run whose input is refused is settled and reported too. Then
 * parses the input and reads the description, once for the whole run. A repeated call finds what the first one recorded.
 */
export const handler = task(
  runTasks['run-open'],
  async ({ executionArn, executionName, startedAt, input }, { log }) => {
    const name = parse(environmentNameSchema, environment('environment'), 'the name of the environment');
    const run = await openRun({ id: executionName, environment: name, executionArn, startedAt, input });
    if (run.executionArn !== executionArn || Date.parse(run.startedAt) !== Date.parse(startedAt)) {
      throw new InvalidInputError(
        `execution name: ${executionName} was the name of a run of ${run.startedAt} already; start under a new name`,
      );
    }
    const request = parseRequest(input, startedAt);
    const description = run.description ?? (await readDescription());
    await setRun(run.id, { plan: request.plan, mode: request.mode, request, description });
    log.info('opened', { plan: request.plan, trigger: request.trigger });
    return { run: { id: run.id, plan: request.plan, environment: name, mode: request.mode }, request, description };
  },
);
