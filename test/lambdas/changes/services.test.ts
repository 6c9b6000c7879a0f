import { SendCommandCommand } from '@aws-sdk/client-ssm';
import type { RunRef } from '../../../contract/run';
import { handler as servicesHandler, startLists } from '../../../lambdas/changes/services';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeHosts, one, two } from './fake-hosts';
import { newRun, withTables, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
});

describe('services', () => {
  const target = { hosts: [one, two], services: ['nginx', 'orders'] };
  const before = { active: { [one]: ['nginx', 'orders'], [two]: ['orders'] } };
  const stopped = { services: [{ name: 'nginx', was: 'active', is: 'inactive' }] };
  const change = () => verbs<'services'>(servicesHandler, run, 'services');

  test('stops in order; undo starts in the opposite order, on each host what was active there', async () => {
    await change().apply(target, { before });
    expect(hosts.sent()).toEqual([
      {
        DocumentName: 'lifeboat-drill-stop-services',
        InstanceIds: [one, two],
        Parameters: { Services: ['nginx orders'], ExecutionTimeout: ['300'] },
      },
    ]);
    expect(await change().confirm()).toEqual({ done: false, progress: 'stopping services' });
    hosts.end({ code: 0, line: stopped });
    expect(await change().confirm()).toMatchObject({ done: true });
    hosts.end(null);
    await change().undo();
    expect(hosts.sent().slice(1)).toEqual([
      {
        DocumentName: 'lifeboat-drill-start-services',
        InstanceIds: [one],
        Parameters: { Services: ['orders nginx'], ExecutionTimeout: ['300'] },
      },
      {
        DocumentName: 'lifeboat-drill-start-services',
        InstanceIds: [two],
        Parameters: { Services: ['orders'], ExecutionTimeout: ['300'] },
      },
    ]);
    expect(await change().confirmUndo()).toMatchObject({ done: false });
    hosts.end({ code: 0, line: stopped });
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect((await findChange(run.id, 'services')).state).toBe('undone');
  });

  test('the state before has to be given', async () => {
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'ContractViolationError' });
    expect(await listChanges(run.id)).toEqual([]);
    expect(hosts.sent()).toEqual([]);
  });

  test('a start that fails is a failed undo, and the next attempt sends anew', async () => {
    await change().apply(target, { before });
    await change().undo();
    hosts.end({ code: 1, line: '' });
    await expect(change().confirmUndo()).rejects.toMatchObject({ name: 'UndoFailedError' });
    expect((await findChange(run.id, 'services')).state).toBe('undo-failed');
    await change().undo();
    expect(hosts.sent()).toHaveLength(5);
    hosts.end({ code: 0, line: stopped });
    expect(await change().confirmUndo()).toMatchObject({ done: true });
  });

  test('a host that does not answer keeps no other from being started, and fails the undo by its name at the end', async () => {
    const both = { active: { [one]: ['nginx'], [two]: ['nginx'] } };
    await change().apply(target, { before: both });
    hosts.lose(two);
    await change().undo();
    expect(hosts.sent().slice(1)).toMatchObject([
      { DocumentName: 'lifeboat-drill-start-services', InstanceIds: [one], Parameters: { Services: ['nginx'] } },
    ]);
    expect(await change().confirmUndo()).toMatchObject({ done: false });
    hosts.end({ code: 0, line: stopped });
    const failed = await change()
      .confirmUndo()
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'UndoFailedError' });
    expect(String(failed)).toContain(`${two} is ConnectionLost`);
    expect((await findChange(run.id, 'services')).state).toBe('undo-failed');
  });

  test('a command that SSM took and that could not be noted is not said never to have been sent', async () => {
    hosts.ssm.on(SendCommandCommand).resolves({});
    await expect(change().apply(target, { before })).rejects.toMatchObject({ name: 'AwsRefusedError' });
    expect((await findChange(run.id, 'services')).state).toBe('recorded');
  });

  test('a stop that fails leaves the change applied: some units may be stopped', async () => {
    await change().apply(target, { before });
    hosts.end({ code: 1, line: '' });
    await expect(change().confirm()).rejects.toMatchObject({ name: 'DocumentFailedError' });
    expect((await findChange(run.id, 'services')).state).toBe('applied');
  });

  test('nothing is started on a host where nothing was active', () => {
    expect(startLists({ target, before: { active: { [one]: [], [two]: ['other'] } } }).size).toBe(0);
  });
});
