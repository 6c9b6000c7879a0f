import { type Body, type State, innerBodies } from './definition';

/** One way from a state to another. */
export interface Edge {
  /** A state, or `(start)` for the machine's own StartAt. A branch starts from its Parallel or Map. */
  readonly from: string;
  readonly to: string;
  readonly kind: 'StartAt' | 'Next' | 'Choice' | 'Default' | 'Catch';
  /** Which rule, catcher or branch, where there can be several. */
  readonly index?: number;
}

/** Where the machine's own StartAt leads from. */
export const START = '(start)';

/** An edge as a text: equal for equal edges, so that sets of them can be compared. */
export function edgeKey(edge: Edge): string {
  const index = edge.index === undefined ? '' : `[${edge.index}]`;
  return `${edge.from} -${edge.kind}${index}-> ${edge.to}`;
}

/** Every edge of a definition, inner bodies included, in the form in which an execution records those it takes. */
export function definitionEdges(body: Body): readonly Edge[] {
  return [{ from: START, to: body.startAt, kind: 'StartAt' }, ...bodyEdges(body)];
}

function bodyEdges(body: Body): Edge[] {
  return [...body.states.values()].flatMap((state) => [
    ...edgesFrom(state),
    ...innerBodies(state).flatMap((inner, index) => [startEdge(state.name, inner, index), ...bodyEdges(inner)]),
  ]);
}

/** How a branch of a Parallel, or the processor of a Map (index 0), is entered. */
export function startEdge(from: string, inner: Body, index: number): Edge {
  return { from, to: inner.startAt, kind: 'StartAt', index };
}

/** The edges that leave a state within its own body. */
export function edgesFrom(state: State): Edge[] {
  const from = state.name;
  switch (state.type) {
    case 'Choice':
      return [
        ...state.choices.map((rule, index): Edge => ({ from, to: rule.next, kind: 'Choice', index })),
        ...(state.default === undefined ? [] : [{ from, to: state.default, kind: 'Default' as const }]),
      ];
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Task':
    case 'Parallel':
    case 'Map':
      return [
        ...nextEdge(from, state.next),
        ...state.catch.map((catcher, index): Edge => ({ from, to: catcher.next, kind: 'Catch', index })),
      ];
    case 'Wait':
    case 'Pass':
      return nextEdge(from, state.next);
  }
}

function nextEdge(from: string, to: string | undefined): Edge[] {
  return to === undefined ? [] : [{ from, to, kind: 'Next' }];
}
