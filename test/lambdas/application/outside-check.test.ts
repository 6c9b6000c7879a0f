import { createServer, type RequestListener, type Server } from 'node:http';
import { handler as outsideCheck } from '../../../lambdas/application/outside-check';
import { ask } from '../../../lambdas/gateways/outside';

describe('outside-check', () => {
  let server: Server;
  const serve = (listener: RequestListener) =>
    new Promise<string>((resolve) => {
      server = createServer(listener).listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
      });
    });
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });

  test('asks the health address, whether or not the public one ends with a slash', async () => {
    const asked: unknown[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.end('{"status":"ok"}');
    });
    expect(await outsideCheck({ publicUrl: url })).toEqual({
      healthy: true,
      status: 200,
      detail: '200 OK: {"status":"ok"}',
    });
    await outsideCheck({ publicUrl: `${url}/` });
    expect(asked).toEqual(['/api/health', '/api/health']);
    await close();
  });

  test('an unhealthy answer is an answer', async () => {
    const url = await serve((_request, response) => response.writeHead(503).end('x'.repeat(5000)));
    const answer = await outsideCheck({ publicUrl: url });
    expect(answer).toMatchObject({ healthy: false, status: 503 });
    expect(answer.detail.length).toBeLessThan(300);
    await close();
  });

  test('nobody there is an answer', async () => {
    const url = await serve(() => undefined);
    await close();
    expect(await outsideCheck({ publicUrl: url })).toMatchObject({ healthy: false, status: null });
  });

  test('somebody who does not answer in time is an answer', async () => {
    const url = await serve(() => undefined);
    const answer = await ask(url, 50);
    expect(answer).toMatchObject({ healthy: false, status: null });
    expect(answer.detail).toContain('no answer');
    await close();
  });
});
