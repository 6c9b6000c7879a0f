import { type Leaving, type State } from '../definition';
import { type CompiledExpression, type Template, expressionsIn } from '../expressions';

/** An expression in a state, with the members of `$states` that exist where it stands. */
export interface Use {
  readonly field: string;
  readonly expression: CompiledExpression;
  readonly states: readonly string[];
}

const before = ['input', 'context'];
const afterwards = [...before, 'result'];
const caught = [...before, 'errorOutput'];

/** A field that may hold expressions. */
export interface Field {
  readonly field: string;
  readonly template: Template;
  readonly states: readonly string[];
}

/** Every expression of a state, inner bodies left out. */
export function usesOf(state: State): Use[] {
  return fieldsOf(state).flatMap(({ field, template, states }) =>
    expressionsIn(template, field).map((use) => ({ ...use, states })),
  );
}

/** Every field of a state that may hold expressions, inner bodies left out. */
export function fieldsOf(state: State): Field[] {
  switch (state.type) {
    case 'Task':
      return [
        ...fields(before, { Arguments: state.arguments }),
        ...fields(before, { TimeoutSeconds: state.timeoutSeconds, HeartbeatSeconds: state.heartbeatSeconds }),
        ...leaving(state, '', afterwards),
        ...catches(state.catch),
      ];
    case 'Parallel':
      return [
        ...fields(before, { Arguments: state.arguments }),
        ...leaving(state, '', afterwards),
        ...catches(state.catch),
      ];
    case 'Map':
      return [
        ...fields(before, {
          Items: state.items,
          ItemSelector: state.itemSelector,
          MaxConcurrency: state.maxConcurrency,
        }),
        ...leaving(state, '', afterwards),
        ...catches(state.catch),
      ];
    case 'Choice':
      return [
        ...state.choices.flatMap((rule, index) => [
          ...fields(before, { [`Choices[${index}]/Condition`]: rule.condition }),
          ...leaving(rule, `Choices[${index}]/`, before),
        ]),
        ...leaving(state, '', before),
      ];
    case 'Wait':
      return [...fields(before, { [state.until.kind]: state.until.value }), ...leaving(state, '', before)];
    case 'Fail':
      return fields(before, { Error: state.error, Cause: state.cause });
    case 'Pass':
    case 'Succeed':
      return leaving(state, '', before);
  }
}

function catches(catchers: readonly Leaving[]): Field[] {
  return catchers.flatMap((catcher, index) => leaving(catcher, `Catch[${index}]/`, caught));
}

function leaving(transition: Leaving, prefix: string, states: readonly string[]): Field[] {
  return [
    ...transition.assign.flatMap(([name, template]) => fields(states, { [`${prefix}Assign/${name}`]: template })),
    ...fields(states, { [`${prefix}Output`]: transition.output }),
  ];
}

function fields(states: readonly string[], fields: Readonly<Record<string, Template | undefined>>): Field[] {
  return Object.entries(fields).flatMap(([field, template]) =>
    template === undefined ? [] : [{ field, template, states }],
  );
}
