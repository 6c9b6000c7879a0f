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

  /** @throws TypeError where two services share a name */
  add(service: SimulatedService): void {
    if (this.#services.has(service.name)) throw new TypeError(`Two simulated services are called ${service.name}`);
    this.#services.set(service.name, service);
  }

  services(): readonly SimulatedService[] {
    return [...this.#services.values()];
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
    const simulated = this.#services.get(service);
    if (simulated === undefined) throw new NotSimulatedError(`The service ${service} is not simulated (${operation})`);
    const known = Object.hasOwn(simulated.operations, operation) ? simulated.operations[operation] : undefined;
    if (known === undefined) throw new NotSimulatedError(`${service} ${operation} is not simulated`);
    if (region !== this.place.region && this.regional.has(service)) {
      throw new NotSimulatedError(`${service} is not simulated in ${region}, only in ${this.place.region}`);
    }
    return known;
  }
}

function fail(record: CallRecord, thrown: unknown): void {
  const { name, message } = thrown instanceof Error ? thrown : { name: typeof thrown, message: String(thrown) };
  record.error = { name, message };
  const aws = thrown instanceof AwsError || (thrown instanceof Error && '$metadata' in thrown);
  const denied = record.permissions.some(({ allowed }) => !allowed);
  if (denied) record.outcome = 'denied';
  else record.outcome = aws ? 'failed' : 'refused';
}
