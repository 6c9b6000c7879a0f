import { type Body, innerBodies } from '../definition';
import { edgesFrom } from '../edges';
import { type Found } from './findings';

/** Finds states that nothing leads to. (Targets that do not exist are refused when the definition is loaded.) */
export function checkReachability(body: Body): Found[] {
  const reached = reachableFrom(body, body.startAt);
  return [...body.states.values()].flatMap((state) => {
    const here: Found[] = reached.has(state.name)
      ? []
      : [
          {
            check: 'reachability',
            state: state.name,
            message: 'Nothing leads to this state: remove it, or lead to it.',
          },
        ];
    return [...here, ...innerBodies(state).flatMap(checkReachability)];
  });
}

/** The names of the states of a body that can follow a state, itself included. */
export function reachableFrom(body: Body, start: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const work = [start];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    const state = body.states.get(name);
    if (state === undefined || reached.has(name)) continue;
    reached.add(name);
    work.push(...edgesFrom(state).map((edge) => edge.to));
  }
  return reached;
}
