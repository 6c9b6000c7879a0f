import { type CallLog, type CallRecord, type Gate, type Session } from '../identity';
import { type Place } from '../services/place';
import { AwsError, NotSimulatedError, type Operation, type SimulatedService } from '../services/service';
import { type Call } from './calling';

/** Hands each call to the simulated service that it is for, once the caller's policies allow it. */
export class Dispatcher {
  readonly #services = new Map<string, SimulatedService>();

  constructor(
    private readonly gate: Gate,
    private readonly log: CallLog,
    private readonly place: Place,
    /** Services that stand for one region alone: a call to another region is refused. */
    private readonly regional: ReadonlySet<string>,
  ) {}

  /**
   * @param region another region, in which this one answers; the deployment's own unless given
   * @throws TypeError where two services of a region share a name
   */
  add(service: SimulatedService, region = ''): void {
    const key = keyOf(service.name, region);
    if (this.#services.has(key)) throw new TypeError(`Two simulated services are called ${service.name}`);
    this.#services.set(key, service);
  }

  /** Each kind once. */
  services(): readonly SimulatedService[] {
    const byName = new Map([...this.#services.values()].map((service) => [service.name, service]));
    return [...byName.values()];
  }

  /**
   * Answers a call or throws what AWS would throw; either way the call is in the log.
   * @throws NotSimulatedError for a service or operation that the sandbox does not know
   */
  async answer(call: Call, session: Session): Promise<unknown> {
    const { service, operation, input } = call;
    const record = this.log.begin({ source: session.name, roleArn: session.roleArn, service, operation });
    try {
      const region = call.region ?? this.place.region;
      const known = this.#operation(service, operation, region);
      const caller = { roleArn: session.roleArn, account: this.place.account, region };
      this.gate.require(session, service, known.authorize(input, caller), record);
      const output = await known.perform(input, caller);
      record.outcome = 'done';
      return output;
    } catch (thrown) {
      fail(record, thrown);
      throw thrown;
    }
  }

  #operation(service: string, operation: string, region: string): Operation {
    const elsewhere = region === this.place.region ? undefined : this.#services.get(keyOf(service, region));
    const simulated = elsewhere ?? this.#services.get(keyOf(service, ''));
    if (simulated === undefined) throw new NotSimulatedError(`The service ${service} is not simulated (${operation})`);
    const known = Object.hasOwn(simulated.operations, operation) ? simulated.operations[operation] : undefined;
    if (known === undefined) throw new NotSimulatedError(`${service} ${operation} is not simulated`);
    if (elsewhere === undefined && region !== this.place.region && this.regional.has(service)) {
      throw new NotSimulatedError(`${service} is not simulated in ${region}, only in ${this.place.region}`);
    }
    return known;
  }
}

const keyOf = (service: string, region: string): string => `${service} ${region}`;

function fail(record: CallRecord, thrown: unknown): void {
  const { name, message } = thrown instanceof Error ? thrown : { name: typeof thrown, message: String(thrown) };
  record.error = { name, message };
  const aws = thrown instanceof AwsError || (thrown instanceof Error && '$metadata' in thrown);
  const denied = record.permissions.some(({ allowed }) => !allowed);
  if (denied) record.outcome = 'denied';
  else record.outcome = aws ? 'failed' : 'refused';
}
