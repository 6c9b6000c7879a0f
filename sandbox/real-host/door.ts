import * as http from 'node:http';
import { computerAddress } from './image/contents';

/** Answers a machine's `aws` command. */
export type AnswerAws = (
  argv: readonly string[],
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

/** The other end of the machine's `aws` stand-in (image/guest/usr/local/bin/aws). */
export class Door {
  #server: http.Server | undefined;

  private constructor(private readonly answer: AnswerAws) {}

  static async open(answer: AnswerAws): Promise<Door> {
    const door = new Door(answer);
    const server = http.createServer((request, response) => {
      door
        .#serve(request)
        .catch((error: unknown) => ({ code: 70, stdout: '', stderr: `${String(error)}\n` }))
        .then(({ code, stdout, stderr }) => {
          const encoded = [stdout, stderr].map((text) => Buffer.from(text).toString('base64'));
          response.end(`${[code, ...encoded].join('\n')}\n`);
        })
        .catch(() => response.destroy());
    });
    door.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    server.unref();
    return door;
  }

  /** As the machine reaches it. */
  get url(): string {
    const address = this.#server?.address();
    if (address === null || address === undefined || typeof address === 'string')
      throw new TypeError('the door is closed');
    return `http://${computerAddress}:${address.port}`;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = undefined;
  }

  async #serve(request: http.IncomingMessage): Promise<{ code: number; stdout: string; stderr: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const argv = Buffer.concat(chunks).toString('utf8').split('\0').slice(0, -1);
    return await this.answer(argv);
  }
}
