import { Duplex, PassThrough } from 'node:stream';
import * as z from 'zod';
import { Agent } from '../../../sandbox/real-host/agent';
import { AgentFailed } from '../../../sandbox/real-host/errors';

const question = z.object({ execute: z.string(), id: z.int() });

/** An agent whose other end is ours: what it asked, and a way to answer. */
function pair() {
  const [out, back] = [new PassThrough(), new PassThrough()];
  const agent = new Agent(Duplex.from({ readable: back, writable: out }));
  const asked = async (): Promise<z.infer<typeof question>> => {
    const [line] = await new Promise<Buffer[]>((resolve) =>
      out.once('data', (chunk: Buffer) => {
        resolve([chunk]);
      }),
    );
    return question.parse(JSON.parse(String(line)));
  };
  const answer = (value: unknown): void => {
    back.write(`${JSON.stringify(value)}\n`);
  };
  return { agent, asked, answer };
}

test('an answer that comes too late is not taken for that of the next question', async () => {
  const { agent, asked, answer } = pair();
  const late = agent.order('guest-exec-status', {}, 20);
  const first = await asked();
  await expect(late).rejects.toThrow(AgentFailed);
  const next = agent.order('guest-exec');
  const second = await asked();
  answer({ return: { exited: false }, id: first.id });
  answer({ return: { pid: 7 }, id: second.id });
  expect(await next).toEqual({ pid: 7 });
  agent.close();
});

test('a refusal is an error with the words of the agent, and a machine that ends answers nobody', async () => {
  const { agent, asked, answer } = pair();
  const refused = agent.order('guest-exec');
  const { id } = await asked();
  answer({ error: { class: 'GenericError', desc: 'no such program' }, id });
  await expect(refused).rejects.toThrow('GenericError: no such program');
  const open = agent.order('guest-exec');
  await asked();
  agent.close();
  await expect(open).rejects.toThrow('the machine ended');
});
