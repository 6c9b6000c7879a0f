import { type Body } from '../definition';
import { edgesFrom } from '../edges';

/** The states that can follow a state within its body. */
export function successors(body: Body, name: string): string[] {
  const state = body.states.get(name);
  return state === undefined ? [] : [...new Set(edgesFrom(state).map((edge) => edge.to))];
}

/**
 * The strongly connected components of a part of a body (Tarjan), each after those that it leads to. One state is a
 * loop only where it leads to itself.
 */
export function components(body: Body, within: ReadonlySet<string>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): number => {
    const index = order.size;
    order.set(name, index);
    let lowest = index;
    stack.push(name);
    for (const next of successors(body, name)) {
      if (!within.has(next)) continue;
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, order.get(next) ?? lowest);
    }
    low.set(name, lowest);
    if (lowest === index) found.push(stack.splice(stack.indexOf(name)));
    return lowest;
  };
  for (const name of within) if (!order.has(name)) visit(name);
  return found;
}

/** Whether a component is a loop. */
export function isLoop(body: Body, component: readonly string[]): boolean {
  const [only] = component;
  return component.length > 1 || (only !== undefined && successors(body, only).includes(only));
}

/** The greatest cost of a path without loops through a part of a body, by the state where it begins. */
export function longestPaths(
  body: Body,
  within: ReadonlySet<string>,
  cost: (name: string) => number,
): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  // Components come after those they lead to, so that every successor is known already.
  for (const name of components(body, within).flat()) {
    const after = successors(body, name).map((next) => (within.has(next) ? (longest.get(next) ?? 0) : 0));
    longest.set(name, cost(name) + Math.max(0, ...after));
  }
  return longest;
}
