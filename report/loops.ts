import type { StateFailure, Visit } from './history';

/** What becomes one step: one visit, or all visits of a poll loop together. */
export interface Block {
  readonly name: string;
  readonly kind: 'task' | 'wait' | 'machine';
  readonly first: Visit;
  readonly last: Visit;
  readonly attempts: number;
  readonly rounds: number | null;
  readonly failure: StateFailure | null;
}

const shown = (visit: Visit) => visit.type === 'Task' || visit.type === 'Wait';
const isContainer = (visit: Visit) => visit.type === 'Parallel' || visit.type === 'Map';

/**
 * Folds the visits of one scope, in order: states that only choose or pass on are left out, and a loop of waiting and
 * asking (a name that comes back with a Wait in between) becomes one block named after the task that asks.
 */
export function foldLoops(visits: readonly Visit[]): Block[] {
  const line = visits.filter((visit) => shown(visit) || isContainer(visit));
  const blocks: Block[] = [];
  for (let i = 0; i < line.length;) {
    const first = line[i];
    if (!first) break;
    const end = isContainer(first) ? i : endOfLoop(line, i);
    const members = line.slice(i, end + 1);
    if (!isContainer(first)) blocks.push(block(members));
    i = end + 1;
  }
  return blocks;
}

/** Index of the last visit of the loop that begins at `start`, or `start` where none begins. */
function endOfLoop(line: readonly Visit[], start: number): number {
  const name = line[start]?.name;
  const barrier = line.findIndex((visit, index) => index > start && isContainer(visit));
  const reachable = barrier === -1 ? line : line.slice(0, barrier);
  let end = reachable.findLastIndex((visit, index) => index > start && visit.name === name);
  if (end === -1 || !reachable.slice(start, end + 1).some((visit) => visit.type === 'Wait')) return start;
  const names = new Set(reachable.slice(start, end + 1).map((visit) => visit.name));
  while (names.has(reachable[end + 1]?.name ?? '')) end++;
  return end;
}

function block(members: readonly Visit[]): Block {
  const first = members[0];
  const last = members.at(-1);
  if (!first || !last) throw new RangeError('a block has at least one visit');
  const tasks = members.filter((visit) => visit.type === 'Task');
  const asks = tasks[0] ?? first;
  const looped = members.length > 1;
  const retries = tasks.reduce((sum, visit) => sum + Math.max(0, visit.attempts - 1), 0);
  return {
    name: asks.name,
    kind: asks.startsMachine ? 'machine' : looped || asks.type === 'Wait' ? 'wait' : 'task',
    first,
    last,
    attempts: 1 + retries,
    rounds: looped ? tasks.filter((visit) => visit.name === asks.name).length : null,
    failure: last.failure,
  };
}
