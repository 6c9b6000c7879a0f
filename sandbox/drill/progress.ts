import { type Execution, type HistoryEvent } from '../../asl';
import { type Phase } from '../../contract/report';
import { reportMachines, stepPhases } from '../../contract/phases';
import { planMachineNames } from '../../contract/plans';
import { type RunEvent, type StepFacts } from '../../contract/run-events';
import { type RestoreProgress } from '../databases';
import { type ExecutionEntry, type StateMachines } from '../services/states/machines';

type Machines = Pick<StateMachines, 'execution'>;
type Listener = (event: RunEvent) => void;

/** The state in which the restore is asked about; its progress is shown there. */
const RESTORE_STEP = 'Restore beside the old instance: in force?';
/** What asks whether the state of the same name has taken effect. */
const QUESTION = /: (in force|ended|as before)\?$/;
/** States that run another machine, whose own steps are told. */
const MACHINES = [...planMachineNames.map((plan) => `recovery/Run ${plan}`), 'recovery/Settle'];

/**
 * Tells what a run does, from the histories of its executions as they grow: the front door's and those that it starts.
 * A state that asks again and again is one step, from its first question to its last.
 */
export class RunProgress {
  readonly #open = new Map<string, { facts: StepFacts; questions: number }>();
  #phase: Phase = 'decide';

  constructor(
    private readonly machines: Machines,
    private readonly listener: Listener,
    private readonly now: () => RunEvent['at'],
  ) {}

  follow(entry: ExecutionEntry): void {
    const machine = entry.definition.name.replace(/^lifeboat-[a-z]+-/, '');
    const hear = (event: HistoryEvent): void => {
      this.#hear(machine, entry.execution, event);
    };
    for (const event of entry.execution.history()) hear(event);
    entry.execution.subscribe(hear);
  }

  /** Progress of the real restore behind the question whether it is done. */
  restore(progress: RestoreProgress): void {
    const id = [...this.#open.keys()].find((open) => open.endsWith(`/${RESTORE_STEP}`));
    if (id !== undefined) this.listener({ type: 'step-progress', at: this.now(), id, text: restoreWords(progress) });
  }

  #hear(machine: string, execution: Execution, event: HistoryEvent): void {
    const at = event.instant;
    const entered = event.stateEnteredEventDetails?.name;
    if (event.type === 'TaskStateEntered' || event.type === 'WaitStateEntered')
      this.#enter(machine, entered ?? '', event);
    if (event.type === 'TaskStateExited' || event.type === 'WaitStateExited') this.#leave(machine, event);
    if (event.type === 'FailStateEntered') this.#failOpen(machine, entered ?? '', at);
    if (event.type === 'TaskSubmitted') this.#nested(event);
    if (event.type === 'ExecutionAborted' || event.type === 'ExecutionTimedOut' || event.type === 'ExecutionFailed') {
      for (const id of [...this.#open.keys()].filter((open) => open.startsWith(`${machine}/`)))
        this.#close(id, at, 'aborted', execution.error);
    }
  }

  #enter(machine: string, name: string, event: HistoryEvent): void {
    // The pause between two questions belongs to the question.
    if (name.endsWith(': pause')) return;
    const id = `${machine}/${name}`;
    if (this.#open.has(id)) return;
    this.#phase = phaseOf(machine, name) ?? this.#phase;
    const facts: StepFacts = {
      id,
      machine,
      name,
      phase: this.#phase,
      kind: MACHINES.includes(id) ? 'machine' : event.type === 'WaitStateEntered' ? 'wait' : 'task',
    };
    this.#open.set(id, { facts, questions: 0 });
    this.listener({ type: 'step-entered', at: event.instant, step: facts });
  }

  #leave(machine: string, event: HistoryEvent): void {
    const { name = '', assignedVariables: assigned = {} } = event.stateExitedEventDetails ?? {};
    const id = `${machine}/${name}`;
    const open = this.#open.get(id);
    if (open === undefined) return;
    const finished = Object.entries(assigned).find(([variable]) => variable.endsWith('Done'))?.[1];
    const { failure } = assigned;
    const failed = failure !== undefined && !name.startsWith('Begin');
    if (finished === 'false') {
      open.questions += 1;
      this.listener({ type: 'step-progress', at: event.instant, id, text: `asked ${open.questions} times` });
      return;
    }
    if (failed) this.#close(id, event.instant, 'caught', failure);
    // The state before a question sets its round counter, and the question counts on.
    else if (
      !QUESTION.test(name) &&
      Object.keys(assigned).some((variable) => /(InForce|Ended|AsBefore)Round$/.test(variable))
    )
      this.#leaveAsking(id, event.instant);
    else this.#close(id, event.instant, 'done');
  }

  #leaveAsking(id: string, at: RunEvent['at']): void {
    this.#open.delete(id);
    this.listener({ type: 'step-exited', at, id, status: 'done', asks: true });
  }

  #failOpen(machine: string, failState: string, at: RunEvent['at']): void {
    const id = `${machine}/${failState.replace(/: too long$/, '')}`;
    if (this.#open.has(id)) this.#close(id, at, 'failed', 'WaitExpired');
  }

  #close(id: string, at: RunEvent['at'], status: 'done' | 'failed' | 'caught' | 'aborted', error?: string): void {
    this.#open.delete(id);
    this.listener({ type: 'step-exited', at, id, status, ...(error === undefined ? {} : { error }) });
  }

  #nested(event: HistoryEvent): void {
    const arn = /"[eE]xecutionArn":\s*"([^"]+)"/.exec(event.taskSubmittedEventDetails?.output ?? '')?.[1];
    if (arn !== undefined) this.follow(this.machines.execution(arn));
  }
}

function phaseOf(machine: string, name: string): Phase | undefined {
  const known = reportMachines.find((each) => each === machine);
  return known === undefined ? undefined : stepPhases[known][name];
}

function restoreWords(progress: RestoreProgress): string {
  switch (progress.step) {
    case 'copying':
      return `copying ${mebibytes(progress.copiedBytes)} of ${mebibytes(progress.totalBytes)} MiB`;
    case 'replaying': {
      const target = progress.target instanceof Date ? progress.target.toISOString() : progress.target;
      return `log replay at ${progress.replayedTo?.toISOString() ?? 'its beginning'} of ${target}`;
    }
    case 'starting':
      return 'starting the copy';
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
