/** A small application with the routes that the observer uses: real sockets, over memory or over a real database. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

const content = z.object({ userId: z.int(), questionId: z.int(), score: z.int(), feedback: z.string() });
export type Content = z.infer<typeof content>;

export interface Store {
  healthy(): Promise<boolean>;
  read(id: number): Promise<Content | undefined>;
  /** Undefined where the write is refused. */
  write(given: Content): Promise<{ id: number; transaction: string } | undefined>;
}

/** Evaluations in memory. The first is there from the beginning. */
export class Memory implements Store {
  readonly rows = new Map<number, Content>([[1, { userId: 1, questionId: 1, score: 50, feedback: 'known' }]]);

  healthy(): Promise<boolean> {
    return Promise.resolve(true);
  }

  read(id: number): Promise<Content | undefined> {
    return Promise.resolve(this.rows.get(id));
  }

  write(given: Content): Promise<{ id: number; transaction: string }> {
    const id = this.rows.size + 1;
    this.rows.set(id, given);
    return Promise.resolve({ id, transaction: String(1000 + id) });
  }
}

/** `serve`, or how it fails: every answer is that status, or there is none (`hang`), or the connection breaks. */
export type Mode = 'serve' | 'hang' | 'break' | number;

export class FakeApplication {
  mode: Mode = 'serve';
  readonly #server: http.Server;
  readonly #hanging = new Set<http.ServerResponse>();

  private constructor(public store: Store) {
    this.#server = http.createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async open(store: Store = new Memory()): Promise<FakeApplication> {
    const application = new FakeApplication(store);
    await application.listen(0);
    return application;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  get hanging(): number {
    return this.#hanging.size;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const reply = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(z.instanceof(Uint8Array).parse(part));
    const { mode } = this;
    if (mode === 'hang') {
      this.#hanging.add(response);
      response.once('close', () => this.#hanging.delete(response));
      return;
    }
    if (mode === 'break') {
      response.destroy();
      return;
    }
    if (mode !== 'serve') {
      reply(mode, { error: 'no' });
      return;
    }
    try {
      if (request.url === '/api/health') {
        const healthy = await this.store.healthy();
        reply(healthy ? 200 : 503, { status: healthy ? 'healthy' : 'unhealthy' });
      } else if (request.method === 'POST') {
        const made = await this.store.write(content.parse(JSON.parse(Buffer.concat(parts).toString())));
        reply(made === undefined ? 400 : 201, made ?? {});
      } else {
        const id = Number(/\d+$/.exec(request.url ?? '')?.[0]);
        const found = await this.store.read(id);
        reply(found === undefined ? 404 : 200, { id, ...found });
      }
    } catch (error) {
      reply(500, { error: String(error) });
    }
  }
}
