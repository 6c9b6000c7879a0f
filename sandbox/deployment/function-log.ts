import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { calling } from './calling';

export interface LogLine {
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
  /** Undefined for what a bundle prints while it is loaded. */
  readonly requestId: string | undefined;
  readonly text: string;
}

/** What one function printed, as its log group would hold it. */
export class FunctionLog {
  readonly #lines: LogLine[] = [];

  constructor(private readonly now: () => number) {}

  lines(requestId?: string): readonly LogLine[] {
    return requestId === undefined ? [...this.#lines] : this.#lines.filter((line) => line.requestId === requestId);
  }

  /** A console and the streams of a process that print into this log. */
  outlets(): { console: Console; stdout: Writable; stderr: Writable } {
    const stream = (): Writable =>
      new Writable({
        decodeStrings: false,
        write: (chunk: unknown, _encoding, done) => {
          this.#print(String(chunk));
          done();
        },
      });
    const [stdout, stderr] = [stream(), stream()];
    return { console: new Console({ stdout, stderr }), stdout, stderr };
  }

  #print(chunk: string): void {
    const requestId = calling.getStore()?.requestId;
    for (const text of chunk.replace(/\n$/, '').split('\n')) {
      this.#lines.push({ at: this.now(), requestId, text });
    }
  }
}
