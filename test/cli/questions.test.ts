import type { RunEvent, StepFacts } from '../../cli/events';
import { joinQuestions } from '../../cli/questions';
import { at } from './fixtures';

const facts = (name: string): StepFacts => ({
  id: `database-recovery/${name}`,
  machine: 'database-recovery',
  name,
  phase: 'restore',
  kind: 'task',
});
const entered = (name: string, second: number): RunEvent => ({
  type: 'step-entered',
  at: at(second),
  step: facts(name),
});
const exited = (name: string, second: number, more: { status?: 'done' | 'failed'; asks?: true } = {}): RunEvent => ({
  type: 'step-exited',
  at: at(second),
  id: facts(name).id,
  status: 'done',
  ...more,
});
const joined = (...events: readonly RunEvent[]): RunEvent[] => {
  const join = joinQuestions();
  return events.flatMap((event) => join(event) ?? []);
};

describe('a step and the question whether it has taken effect', () => {
  it.each(['in force', 'ended', 'as before'])('are one step, from its beginning to the answer (%s)', (words) => {
    const asked: RunEvent = {
      type: 'step-progress',
      at: at(3),
      id: facts(`Fence: ${words}?`).id,
      text: 'asked 1 times',
    };
    expect(
      joined(
        entered('Fence', 1),
        exited('Fence', 2, { asks: true }),
        entered(`Fence: ${words}?`, 2),
        asked,
        exited(`Fence: ${words}?`, 9, { status: 'failed' }),
      ),
    ).toEqual([entered('Fence', 1), { ...asked, id: facts('Fence').id }, exited('Fence', 9, { status: 'failed' })]);
  });

  it('stay apart from steps of other branches, and from a second time', () => {
    const once = [
      entered('Fence', 1),
      entered('Restore', 1),
      exited('Fence', 2, { asks: true }),
      exited('Restore', 2),
      entered('Fence: in force?', 3),
      exited('Fence: in force?', 4),
    ];
    const shown = [entered('Fence', 1), entered('Restore', 1), exited('Restore', 2), exited('Fence', 4)];
    expect(joined(...once, ...once)).toEqual([...shown, ...shown]);
  });

  it('leaves a step alone that failed before it asked, and a question whose step nobody saw', () => {
    const events = [entered('Fence', 1), exited('Fence', 2, { status: 'failed' }), entered('Stop: ended?', 3)];
    expect(joined(...events)).toEqual(events);
  });
});
