import { Resolver } from 'node:dns/promises';
import { NameResolver } from '../../../sandbox/network';
import { NameServer } from '../../../sandbox/real-host';

describe('the name server of a real host', () => {
  const names = new NameResolver();
  let server: NameServer;
  let asked: Resolver;
  beforeAll(async () => {
    server = await NameServer.open(names, '127.0.0.1');
    asked = new Resolver();
    asked.setServers([server.endpoint]);
  });
  afterAll(() => server.close());

  test('answers from the zones, through aliases, in any case, and tells a change at once', async () => {
    names.set('first.test', ['127.0.20.1', '127.0.20.2']);
    names.set('second.test', ['127.0.20.3']);
    names.setAlias('db.app.test', 'first.test');
    expect((await asked.resolve4('DB.app.test')).sort()).toEqual(['127.0.20.1', '127.0.20.2']);
    names.setAlias('db.app.test', 'second.test');
    expect(await asked.resolve4('db.app.test', { ttl: true })).toEqual([{ address: '127.0.20.3', ttl: 0 }]);
  });

  test('a name that is not there is that, an address of another kind is none, a loop is a failure', async () => {
    await expect(asked.resolve4('nothing.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(asked.resolve6('second.test')).rejects.toMatchObject({ code: 'ENODATA' });
    names.setAlias('one.test', 'two.test');
    names.setAlias('two.test', 'one.test');
    await expect(asked.resolve4('one.test')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
});
