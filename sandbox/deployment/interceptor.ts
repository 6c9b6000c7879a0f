import { Client, constructStack } from '@smithy/core/client';
import { calling } from './calling';
import { NoRoleError, InvocationEndedError } from './errors';
import { callable, member, method } from './reflection';
import { answerCommand, type PlainCommand } from './sdk-call';

/** Clients of the sandbox's own, which really send: the one that talks to dynalite. */
const exempt = new WeakSet<object>();

/** Lets one client send for real. */
export function exemptFromInterception(client: object): void {
  exempt.add(client);
}

let installed = 0;
let original: unknown;

/**
 * Answers every SDK call of this process, of every service and client, out of the sandbox that the calling code runs
 * in (`calling`); a call from outside any sandbox is refused, never sent. All v3 clients inherit `send` from one class,
 * so this is the one place. Returns what takes it back; the last one to do so restores the original.
 */
export function installInterceptor(): () => void {
  if (installed === 0) {
    original = Reflect.get(Client.prototype, 'send');
    Reflect.set(Client.prototype, 'send', send);
  }
  installed += 1;
  let active = true;
  return () => {
    if (!active) return;
    active = false;
    installed -= 1;
    if (installed === 0) Reflect.set(Client.prototype, 'send', original);
  };
}

function send(this: object, command: object, optionsOrCallback?: unknown, callback?: unknown): unknown {
  if (exempt.has(this) && typeof original === 'function') {
    const sent: unknown = Reflect.apply(original, this, [command, optionsOrCallback, callback]);
    return sent;
  }
  const answered = intercept(this, command);
  const done = callable(optionsOrCallback) ?? callable(callback);
  if (done === undefined) return answered;
  answered.then(
    (output) => done(null, output),
    (error: unknown) => done(error),
  );
  return undefined;
}

async function intercept(client: object, command: object): Promise<unknown> {
  const service = client.constructor.name.replace(/(Document)?Client$|Document$/, '');
  const current = calling.getStore();
  if (current === undefined) {
    throw new NoRoleError(`${service} was called by ${command.constructor.name} outside of every role of a sandbox`);
  }
  if (current.ended) {
    throw new InvocationEndedError(`${current.session.name} called ${service} after it had answered or timed out`);
  }
  const region = await explicitRegion(client);
  const [plain, isDocument] = plainCommand(client, command);
  const answer = async (input: unknown): Promise<unknown> =>
    await answerCommand(plain, input, async (operation, checked) => {
      return await current.answer({ service, operation, input: checked, region }, current);
    });
  if (!isDocument) return await answer(plain.input);
  // The two middlewares that a document command adds place themselves beside these, and nothing else is in the way.
  const stack: unknown = constructStack();
  const pass = (next: unknown): unknown => next;
  method(stack, 'add')(pass, { step: 'serialize', name: 'serializerMiddleware' });
  method(stack, 'add')(pass, { step: 'deserialize', name: 'deserializerMiddleware' });
  const core = async (args: unknown): Promise<unknown> => ({
    response: {},
    output: await answer(member(args, 'input')),
  });
  const handler = callable(method(method(stack, 'concat')(plain.middlewareStack), 'resolve')(core, {}));
  if (handler === undefined) throw new TypeError('A middleware stack resolves to a handler');
  return member(await handler({ input: plain.input }), 'output');
}

/** A document command carries the plain one, and marshals its input by middleware that it adds when it is sent. */
function plainCommand(client: object, command: object): [PlainCommand, boolean] {
  const inner = member(command, 'clientCommand');
  if (!isPlainCommand(inner)) {
    if (!isPlainCommand(command)) throw new TypeError(`${command.constructor.name} is not a command of the SDK v3`);
    return [command, false];
  }
  method(command, 'addMarshallingMiddleware')(member(client, 'config'));
  return [inner, true];
}

function isPlainCommand(value: unknown): value is PlainCommand {
  return typeof value === 'object' && value !== null && 'schema' in value && Array.isArray(value.schema);
}

/**
 * The region that a client was made with. Undefined where it was made without: then the SDK would read AWS_REGION, which
 * in a function is the deployment's and in this process anybody's. A client's own settings come before `runtime` in
 * its configuration, the SDK's defaults after it.
 */
async function explicitRegion(client: object): Promise<string | undefined> {
  const configuration = member(client, 'config');
  if (typeof configuration !== 'object' || configuration === null) return undefined;
  const keys = Object.keys(configuration);
  if (keys.indexOf('region') > keys.indexOf('runtime')) return undefined;
  const provider = member(configuration, 'region');
  const region: unknown = await (callable(provider)?.() ?? provider);
  return typeof region === 'string' ? region : undefined;
}
