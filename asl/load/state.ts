import { type Body, type ChoiceRule, type State, type TaskState, type WaitState } from '../definition';
import { type Template } from '../expressions';
import { type Fields } from './fields';
import { LONGEST_SECONDS, readCatch, readRetry } from './guards';
import { readLeaving } from './leaving';
import { readResource } from './resource';

/** Reads the states of a branch or a processor: given in, since a state holds bodies and a body holds states. */
export type BodyReader = (fields: Fields) => Body;

/** One state, or undefined where its type is unknown. */
export function readState(name: string, fields: Fields, readBody: BodyReader): State | undefined {
  const type = fields.requiredText('Type');
  fields.text('Comment');
  refuseOtherLanguages(fields);
  const state = readTyped(type, { name, path: fields.path }, fields, readBody);
  if (state === undefined) {
    if (type !== '') fields.problem('Type', `is ${type}, which is no type of state.`);
    return undefined;
  }
  fields.finish(`a ${type} state`);
  return state;
}

/** `QueryLanguage`, where given, must be JSONata. */
export function refuseOtherLanguages(fields: Fields): void {
  const language = fields.text('QueryLanguage');
  if (language !== undefined && language !== 'JSONata')
    fields.problem('QueryLanguage', `is ${language}; only JSONata is run.`);
}

function readTyped(
  type: string,
  named: { name: string; path: string },
  fields: Fields,
  readBody: BodyReader,
): State | undefined {
  switch (type) {
    case 'Task':
      return readTask(named, fields);
    case 'Parallel':
      return {
        ...named,
        type,
        arguments: fields.template('Arguments'),
        branches: readBranches(fields, readBody),
        ...readGuarded(fields),
      };
    case 'Map':
      return {
        ...named,
        type,
        items: readItems(fields),
        itemSelector: fields.template('ItemSelector'),
        maxConcurrency: fields.numberOrExpression('MaxConcurrency', 0, LONGEST_SECONDS),
        processor: readProcessor(fields, readBody),
        ...readGuarded(fields),
      };
    case 'Choice':
      return { ...named, type, choices: readChoices(fields), default: fields.text('Default'), ...readLeaving(fields) };
    case 'Wait':
      return { ...named, type, until: readUntil(fields), ...readFlowing(fields) };
    case 'Pass':
      return { ...named, type, ...readFlowing(fields) };
    case 'Succeed':
      return { ...named, type, assign: [], output: fields.template('Output') };
    case 'Fail':
      return {
        ...named,
        type,
        assign: [],
        output: undefined,
        error: fields.textOrExpression('Error'),
        cause: fields.textOrExpression('Cause'),
      };
    default:
      return undefined;
  }
}

function readTask(named: { name: string; path: string }, fields: Fields): TaskState {
  const task: TaskState = {
    ...named,
    type: 'Task',
    resource: readResource(fields),
    arguments: fields.template('Arguments'),
    timeoutSeconds: fields.numberOrExpression('TimeoutSeconds', 1, LONGEST_SECONDS),
    heartbeatSeconds: fields.numberOrExpression('HeartbeatSeconds', 1, LONGEST_SECONDS),
    ...readGuarded(fields),
  };
  const { timeoutSeconds: timeout, heartbeatSeconds: heartbeat } = task;
  if (heartbeat !== undefined && task.resource.integration !== 'waitForTaskToken') {
    fields.problem('HeartbeatSeconds', 'has no effect on a task without a token (.waitForTaskToken).');
  }
  if (timeout?.kind === 'value' && heartbeat?.kind === 'value' && Number(heartbeat.value) >= Number(timeout.value)) {
    fields.problem('HeartbeatSeconds', 'must be less than TimeoutSeconds.');
  }
  return task;
}

function readFlowing(fields: Fields): {
  next: string | undefined;
  assign: State['assign'];
  output: Template | undefined;
} {
  const next = fields.text('Next');
  const end = fields.raw('End');
  if (end !== undefined && end !== true) fields.problem('End', 'must be true where it is given.');
  if ((next === undefined) === (end === undefined))
    fields.problem('Next', 'or else "End": true is needed, one of them.');
  return { next, ...readLeaving(fields) };
}

function readGuarded(fields: Fields): ReturnType<typeof readFlowing> & Pick<TaskState, 'retry' | 'catch'> {
  return { ...readFlowing(fields), retry: readRetry(fields), catch: readCatch(fields) };
}

function readBranches(fields: Fields, readBody: BodyReader): Body[] {
  const branches = fields.objects('Branches') ?? [];
  if (branches.length === 0) fields.problem('Branches', 'must be a list of at least one branch.');
  return branches.map((branch) => {
    const body = readBody(branch);
    branch.finish('a branch');
    return body;
  });
}

function readItems(fields: Fields): Template | undefined {
  const items = fields.template('Items');
  const fits = items === undefined || items.kind === 'expression' || items.kind === 'list';
  if (!fits && !(items.kind === 'value' && Array.isArray(items.value))) {
    fields.problem('Items', 'must be a list, or an expression for one; iterating over an object is not supported.');
  }
  return items;
}

function readProcessor(fields: Fields, readBody: BodyReader): Body {
  const processor = fields.object('ItemProcessor');
  if (processor === undefined) {
    fields.problem('ItemProcessor', 'is missing.');
    return { startAt: '', states: new Map(), path: fields.path };
  }
  const config = processor.object('ProcessorConfig');
  const mode = config?.text('Mode');
  if (mode !== undefined && mode !== 'INLINE') config?.problem('Mode', `is ${mode}; only INLINE is run.`);
  if (mode === undefined || mode === 'INLINE') config?.finish('ProcessorConfig');
  const body = readBody(processor);
  processor.finish('ItemProcessor');
  return body;
}

function readChoices(fields: Fields): ChoiceRule[] {
  const rules = fields.objects('Choices') ?? [];
  if (rules.length === 0) fields.problem('Choices', 'must be a list of at least one rule.');
  return rules.map((rule) => {
    rule.text('Comment');
    const condition = readCondition(rule);
    const choice = { condition, next: rule.requiredText('Next'), ...readLeaving(rule) };
    rule.finish('a Choice rule');
    return choice;
  });
}

function readCondition(rule: Fields): Template {
  const condition = rule.template('Condition');
  if (condition?.kind === 'expression') return condition;
  if (condition?.kind === 'value' && typeof condition.value === 'boolean') return condition;
  rule.problem('Condition', 'must be an expression, or true or false.');
  return { kind: 'value', value: false };
}

function readUntil(fields: Fields): WaitState['until'] {
  const seconds = fields.numberOrExpression('Seconds', 0, LONGEST_SECONDS);
  const timestamp = fields.textOrExpression('Timestamp');
  if (fields.has('Seconds') === fields.has('Timestamp'))
    fields.problem('Seconds', 'or else Timestamp is needed, one of them.');
  if (timestamp?.kind === 'value' && parseTimestamp(timestamp.value) === undefined) {
    fields.problem('Timestamp', 'must be a time such as 2030-01-31T12:00:00Z.');
  }
  if (timestamp !== undefined) return { kind: 'Timestamp', value: timestamp };
  return { kind: 'Seconds', value: seconds ?? { kind: 'value', value: 0 } };
}

/** Milliseconds since the epoch of an RFC 3339 time with capital T and a zone, as Step Functions demands it. */
export function parseTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
