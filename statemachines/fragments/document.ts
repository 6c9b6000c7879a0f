import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { DocumentName, DocumentParameters, DocumentResult } from '../../contract/documents';
import { expression, path, variable, type Expression, type Input, type Path } from '../../contract/expressions';
import type { RunRef } from '../../contract/run';
import { hostTasks } from '../../contract/tasks';
import { assign, slug, startOfWait, type Assignment, type Patience, type Rescue, type Steps } from './steps';

export interface HostResult<N extends DocumentName> {
  readonly host: string;
  readonly result: DocumentResult<N>;
}

/**
 * Runs a document on hosts and waits for its end: `<name>` sends it, `<name>: ended?` asks. Its results are typed by the
 * document's contract.
 */
export function runDocument<N extends DocumentName>(
  steps: Steps,
  name: string,
  props: {
    readonly document: N;
    readonly run: Expression<RunRef> | null;
    readonly key: Input<string>;
    readonly hosts: Input<string[]>;
    readonly parameters: Input<DocumentParameters<N>> | Expression<Record<string, string>>;
    readonly executionTimeoutSeconds: number;
    /** For one that may take long: then its longest pauses are five minutes, and its waiting has few events. */
    readonly long?: true;
    /** Where to go on when the document ends with an error that the machine can act on. */
    readonly rescue?: Rescue;
    readonly keep?: (results: Path<HostResult<N>[]>, only: Path<DocumentResult<N>>) => readonly Assignment[];
  },
): IChainable {
  const commandId = variable<string>(`${slug(name)}Command`);
  const ask = `${name}: ended?`;
  const send = steps.task(
    name,
    hostTasks['document-send'],
    {
      run: props.run,
      key: props.key,
      document: props.document,
      hosts: props.hosts,
      // The compiler has held the parameters against the document's contract above; the task takes any document's.
      parameters: asStrings(props.parameters),
      executionTimeoutSeconds: props.executionTimeoutSeconds,
    },
    (result) => [assign(commandId, result.commandId), startOfWait(ask)],
  );
  const body = '$states.result.Payload.results';
  const wait = steps.until(
    ask,
    hostTasks['document-await'],
    { document: props.document, commandId, hosts: props.hosts },
    (props.long === true ? longPatienceFor : patienceFor)(props.executionTimeoutSeconds),
    (result) => result.done,
    () =>
      (props.keep?.(path<HostResult<N>[]>(`[${body}]`), path<DocumentResult<N>>(`${body}[0].result`)) ?? []).map(
        (assignment) => ({
          // While the document still runs there is no result to read.
          name: assignment.name,
          value: expression(`$states.result.Payload.done ? (${bodyOf(assignment.value)}) : null`),
        }),
      ),
    props.rescue,
  );
  return steps.sequence(send, wait);
}

/**
 * Questions enough for the script's own time-out and for its delivery (60 s): pauses of 2 s growing to 30 s.
 * The first eight pauses take about 90 s together. Of a script that may take more than half an hour the last pauses are three
 * minutes, after twelve that come to nearly nine: each question is ten events of the history, and an approval asks again.
 */
function patienceFor(executionTimeoutSeconds: number): Patience {
  const longestSeconds = executionTimeoutSeconds > 1800 ? 180 : 30;
  const first = longestSeconds === 180 ? 12 : 8;
  return {
    firstSeconds: 2,
    longestSeconds,
    rounds: first + Math.ceil((executionTimeoutSeconds + 60) / longestSeconds),
  };
}

/** The same with pauses growing to five minutes: the first thirteen take about thirteen minutes together. */
function longPatienceFor(executionTimeoutSeconds: number): Patience {
  return { firstSeconds: 2, longestSeconds: 300, rounds: 13 + Math.ceil((executionTimeoutSeconds + 60 - 780) / 300) };
}

function asStrings(parameters: unknown): Input<Record<string, string>> {
  // Every document's parameters are strings by contract/documents.ts.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return parameters as Input<Record<string, string>>;
}

function bodyOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'body' in value && typeof value.body === 'string')
    return value.body;
  return JSON.stringify(value);
}
