import type { Phase } from '../report';

/** The phase to which each state of one machine belongs, by the state's name. */
export type StepPhases = Readonly<Record<string, Phase>>;

/** These states belong to this phase. */
export function phase<P extends Phase>(of: P, ...states: string[]): Record<string, P> {
  return Object.fromEntries(states.map((state) => [state, of]));
}
