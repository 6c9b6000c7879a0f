import { type SimulatedService } from '../../../sandbox/services/service';

/** A service of the sandbox behind a mocked client: what its operations answer and refuse, a function sees. */
const caller = { roleArn: 'arn:aws:iam::123456789012:role/test', account: '123456789012', region: 'us-east-1' };

/** @param commands by the name of the operation */
export function answeredBy(
  stub: { on: (command: never) => { callsFake: (fake: (input: unknown) => unknown) => unknown } },
  service: SimulatedService,
  commands: Readonly<Record<string, unknown>>,
): void {
  for (const [name, command] of Object.entries(commands)) {
    const operation = service.operations[name.replace(/Command$/, '')];
    if (operation === undefined) throw new TypeError(`${service.name} has no ${name}`);
    // oxlint-disable-next-line typescript/consistent-type-assertions
    stub.on(command as never).callsFake((input) => operation.perform(input, caller));
  }
}
