import type { RunEvent } from './events';

/** What the machines call the question whether a step has taken effect (statemachines/fragments). */
const QUESTION = /: (in force|ended|as before)\?$/;

/**
 * A step and the question whether it has taken effect are one step to a person: it is under way until the answer is yes.
 * @returns what to call for each event of a run, in order: the event to show, or null
 */
export function joinQuestions(): (event: RunEvent) => RunEvent | null {
  const waiting = new Set<string>();
  const stepOf = (id: string): string | null => {
    const step = id.replace(QUESTION, '');
    return step !== id && waiting.has(step) ? step : null;
  };
  return (event) => {
    switch (event.type) {
      case 'step-entered':
        return stepOf(event.step.id) === null ? event : null;
      case 'step-progress':
        return { ...event, id: stepOf(event.id) ?? event.id };
      case 'step-exited': {
        if (event.asks === true) {
          waiting.add(event.id);
          return null;
        }
        const step = stepOf(event.id);
        if (step === null) return event;
        waiting.delete(step);
        return { ...event, id: step };
      }
      default:
        return event;
    }
  };
}
