import { type Clock, type Timer } from '../../asl';
import { type NameResolver } from '../network';

/** Route 53's defaults: a check every 30 s, and three in a row before it changes its mind. */
const CHECK_SECONDS = 30;
const IN_A_ROW = 3;

/**
 * Failover records of Route 53 over two names, as somebody has made them beforehand: while the health check says that the
 * primary is healthy the name leads there, otherwise to the secondary. Checking and answering are Route 53's data plane:
 * there is nothing to call.
 */
export class FailoverRecords {
  #timer: Timer | undefined;
  #against = 0;
  #primaryServes = true;

  constructor(
    private readonly clock: Clock,
    private readonly resolver: NameResolver,
    private readonly records: {
      readonly name: string;
      readonly primary: string;
      readonly secondary: string;
      readonly ttlSeconds: number;
      /** What the health check sees of the primary. */
      readonly healthy: () => boolean;
    },
  ) {
    this.#primaryServes = records.healthy();
    this.#lead();
    this.#check();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #lead(): void {
    const { name, primary, secondary, ttlSeconds } = this.records;
    this.resolver.setAlias(name, this.#primaryServes ? primary : secondary, ttlSeconds);
  }

  #check(): void {
    this.#timer = this.clock.after(
      CHECK_SECONDS * 1000,
      () => {
        this.#against = this.records.healthy() === this.#primaryServes ? 0 : this.#against + 1;
        if (this.#against >= IN_A_ROW) {
          this.#against = 0;
          this.#primaryServes = !this.#primaryServes;
          this.#lead();
        }
        this.#check();
      },
      { background: true },
    );
  }
}
