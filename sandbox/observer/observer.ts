/** Somebody outside: uses the application by its public address and writes down what came of it. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import type { Clock, Instant, Span, Timer } from '../../asl';
import { attributeBySwap, attributeToOriginal, attributeToRecovered, type Place, requireAttributed } from './commits';
import { NotServingError, ObserverStoppedError } from './errors';
import { type Acknowledged, type Entry, Ledger } from './ledger';
import { type Outage, outagesOf, type Probe, spanBetween, sumOf } from './outages';
import { type Answer, send } from './request';
import {
  acknowledgementIn,
  type Content,
  contentDigest,
  createEvaluation,
  evaluationIn,
  health,
  isHealthy,
  readEvaluation,
  type Request,
} from './subject';

export interface ObserverOptions {
  /** What users type: the load balancer's address; where a name leads to one or another, where it leads now. */
  readonly address: string | (() => string);
  readonly clock: Clock;
  /** Must not be there yet. */
  readonly ledgerFile: string;
  /** The database that the application uses when the observer begins. */
  readonly original: Place;
  /** An evaluation that every probe reads, and that a scenario spares: its loss counts as an outage. */
  readonly knownEvaluation: number;
  /** Users and questions that are there, whom the writes are for. */
  readonly users: readonly [number, ...number[]];
  readonly questions: readonly [number, ...number[]];
  /** Real milliseconds between two probes; 100. */
  readonly probeMilliseconds?: number;
  /** Seconds of the clock, so also of skipped time, after which a probe is made in any case; 10. */
  readonly probeSeconds?: number;
  /** 20; nought for none. */
  readonly writesPerSecond?: number;
  /** Until the whole answer is there; 2,000. */
  readonly timeoutMilliseconds?: number;
  /** Writes, and likewise probes, on their way at the same time; 50. At more none is made. */
  readonly inFlight?: number;
  /** Real milliseconds between two questions to the database for commit times; 500. */
  readonly commitMilliseconds?: number;
}

/** Longest real time for which skipped time stands still for one probe: an application that hangs must not hold it. */
const LONGEST_HOLD_MILLISECONDS = 200;

export class Observer {
  readonly #options: Required<ObserverOptions>;
  readonly #ledger: Ledger;
  readonly #probes: Probe[] = [];
  readonly #news = new EventEmitter<{ probe: [Probe]; acknowledged: [number]; idle: []; stopped: [] }>();
  /** Tells this observer's rows from those of any other. */
  readonly #name = randomUUID();
  readonly #underWay = { probes: 0, writes: 0 };
  #intervals: NodeJS.Timeout[] = [];
  #timer: Timer | undefined;
  #asking: Promise<void> | undefined;
  #known: string | undefined;
  #stoppedAt: Instant | undefined;
  #lastHealthy: Instant | undefined;
  #total = 0;
  #failed = 0;
  #heldBack = 0;

  constructor(options: ObserverOptions) {
    this.#options = {
      probeMilliseconds: 100,
      probeSeconds: 10,
      writesPerSecond: 20,
      timeoutMilliseconds: 2000,
      inFlight: 50,
      commitMilliseconds: 500,
      ...options,
    };
    this.#ledger = Ledger.create(options.ledgerFile);
    this.#news.setMaxListeners(0);
  }

  /** Begins; @throws NotServingError where the application does not serve yet. */
  async start(): Promise<void> {
    const { knownEvaluation, probeMilliseconds, writesPerSecond, commitMilliseconds } = this.#options;
    const answer = await this.#request(readEvaluation(knownEvaluation)).catch((error: unknown) => {
      throw new NotServingError(`${this.#base.href} does not answer`, { cause: error });
    });
    this.#known = answer.status === 200 ? evaluationIn(answer.body, knownEvaluation) : undefined;
    if (this.#known === undefined)
      throw new NotServingError(`${this.#base.href} answers ${answer.status} for evaluation ${knownEvaluation}`);
    const every = (milliseconds: number, action: () => Promise<void>) => {
      this.#intervals.push(setInterval(() => void action(), milliseconds));
    };
    every(probeMilliseconds, () => this.#probe());
    if (writesPerSecond > 0) every(1000 / writesPerSecond, () => this.#write());
    every(commitMilliseconds, () => this.#askCommits());
    this.#probeOnClock();
    await this.#probe();
  }

  /** Resolves when no request is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.probes + this.#underWay.writes > 0) {
      await new Promise<void>((resolve) => this.#news.once('idle', resolve));
    }
  }

  /**
   * Makes no more requests, waits for those under way, asks the original database a last time for commit times, and
   * closes the ledger's file to requests. A second call does nothing.
   */
  async stop(): Promise<void> {
    if (this.#stoppedAt !== undefined) return;
    this.#intervals.forEach(clearInterval);
    this.#intervals = [];
    this.#timer?.cancel();
    this.#stoppedAt = this.#options.clock.now();
    await this.settled();
    this.#news.emit('stopped');
    await this.#asking;
    await this.#askCommits();
    this.#ledger.flush();
  }

  /** Closes the ledger's file; the last call. */
  async close(): Promise<void> {
    await this.stop();
    this.#ledger.close();
  }

  /** Requests that have ended: probes are two each. */
  get totalRequests(): number {
    return this.#total;
  }

  /** Those without a right answer: any status but 2xx, a wrong content, a broken connection, a time-out. */
  get failedRequests(): number {
    return this.#failed;
  }

  /** How often a request was not made since too many were under way. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** When the last probe that succeeded was answered. */
  get lastHealthy(): Instant | undefined {
    return this.#lastHealthy;
  }

  /** So far; see `outagesOf` for what is an outage. */
  outages(): readonly Outage[] {
    return outagesOf(this.#probes, this.#stoppedAt ?? this.#options.clock.now());
  }

  /** Sum of all outages. */
  downtime(): Span {
    return sumOf(this.outages().map(({ from, to }) => spanBetween(from, to)));
  }

  acknowledged(): readonly Acknowledged[] {
    return this.#ledger.allAcknowledged();
  }

  /** Every write that was ever sent. */
  entries(): readonly Entry[] {
    return this.#ledger.entries();
  }

  /**
   * Resolves with the last of `count` probes in a row, all sent from now on, that succeeded: the application serves.
   * @throws ObserverStoppedError, AbortError
   */
  serving(count: number, signal?: AbortSignal): Promise<Probe> {
    return this.#inARow(count, ({ failure }) => failure === undefined, signal);
  }

  /**
   * Resolves with the last of `count` probes in a row, all sent from now on, that failed.
   * @throws ObserverStoppedError, AbortError
   */
  failing(count: number, signal?: AbortSignal): Promise<Probe> {
    return this.#inARow(count, ({ failure }) => failure !== undefined, signal);
  }

  /**
   * Resolves when `count` more writes are acknowledged than now.
   * @throws ObserverStoppedError, AbortError
   */
  async writing(count: number, signal?: AbortSignal): Promise<void> {
    let acknowledged = 0;
    await this.#first<number>(
      (listener) => this.#news.on('acknowledged', listener),
      (listener) => this.#news.off('acknowledged', listener),
      () => (acknowledged += 1) >= count,
      signal,
    );
  }

  /**
   * Makes sure of the database of every acknowledged write, once the requests have ended: see `attributeToRecovered`.
   * The original has to run: without it nobody knows what it committed last.
   * @param recovered undefined where nothing was put in the original's place
   * @param swappedAt where the one took the other's name on the same server: when
   * @throws UnattributedWritesError, ServerNotRunningError
   */
  async attribute(recovered: Place | undefined, swappedAt?: Date): Promise<void> {
    await attributeToOriginal(this.#ledger, this.#options.original);
    if (swappedAt !== undefined) attributeBySwap(this.#ledger, swappedAt);
    else if (recovered === undefined) requireAttributed(this.#ledger);
    else await attributeToRecovered(this.#ledger, recovered);
    this.#ledger.flush();
  }

  #inARow(count: number, wanted: (probe: Probe) => boolean, signal: AbortSignal | undefined): Promise<Probe> {
    const asked = this.#options.clock.now();
    let inARow = 0;
    return this.#first<Probe>(
      (listener) => this.#news.on('probe', listener),
      (listener) => this.#news.off('probe', listener),
      (probe) => {
        if (probe.sent.at < asked.at) return false;
        inARow = wanted(probe) ? inARow + 1 : 0;
        return inARow >= count;
      },
      signal,
    );
  }

  #first<T>(
    listen: (listener: (value: T) => void) => void,
    leave: (listener: (value: T) => void) => void,
    test: (value: T) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        leave(listener);
        this.#news.off('stopped', stopped);
        signal?.removeEventListener('abort', aborted);
        settle();
      };
      const refuse = (error: Error) => {
        end(() => {
          reject(error);
        });
      };
      const listener = (value: T) => {
        if (!test(value)) return;
        end(() => {
          resolve(value);
        });
      };
      const stopped = () => {
        refuse(new ObserverStoppedError('the observer has stopped'));
      };
      const aborted = () => {
        refuse(new DOMException('no longer waited for', 'AbortError'));
      };
      if (this.#stoppedAt !== undefined) stopped();
      else if (signal?.aborted === true) aborted();
      else {
        listen(listener);
        this.#news.once('stopped', stopped);
        signal?.addEventListener('abort', aborted, { once: true });
      }
    });
  }

  /** Skipped time passes without a tick of the wall clock: a probe in each stretch of it bounds what is not seen. */
  #probeOnClock(): void {
    const { clock, probeSeconds } = this.#options;
    const hold = async (): Promise<void> => {
      let release: NodeJS.Timeout | undefined;
      const longest = new Promise<void>((resolve) => (release = setTimeout(resolve, LONGEST_HOLD_MILLISECONDS)));
      await Promise.race([this.#probe(), longest]);
      clearTimeout(release);
    };
    this.#timer = clock.after(
      probeSeconds * 1000,
      () => {
        this.#probeOnClock();
        void clock.work(hold);
      },
      { background: true },
    );
  }

  async #probe(): Promise<void> {
    const { clock, knownEvaluation } = this.#options;
    const ask = async (request: Request, right: (body: string) => boolean): Promise<string | undefined> => {
      let failure: string | undefined;
      try {
        const { status, body } = await this.#request(request);
        if (status !== 200) failure = `${request.path}: ${status}`;
        else if (!right(body)) failure = `${request.path}: wrong content`;
      } catch (error) {
        failure = `${request.path}: ${reason(error)}`;
      }
      this.#count(failure === undefined);
      return failure;
    };
    await this.#carry('probes', async () => {
      const sent = clock.now();
      const [alive, data] = await Promise.all([
        ask(health, isHealthy),
        ask(readEvaluation(knownEvaluation), (body) => evaluationIn(body, knownEvaluation) === this.#known),
      ]);
      const probe = { sent, ended: clock.now(), failure: alive ?? data };
      this.#probes.push(probe);
      if (probe.failure === undefined) this.#lastHealthy = probe.ended;
      this.#news.emit('probe', probe);
    });
  }

  async #write(): Promise<void> {
    await this.#carry('writes', async () => {
      const content = this.#content();
      const sequence = this.#ledger.sent(contentDigest(content), Date.now());
      let answer: Answer;
      try {
        answer = await this.#request(createEvaluation(content));
      } catch (error) {
        this.#ledger.unknown(sequence, reason(error), Date.now());
        this.#count(false);
        return;
      }
      const { status, body } = answer;
      const acknowledgement = status >= 200 && status < 300 ? acknowledgementIn(body) : undefined;
      this.#count(acknowledgement !== undefined);
      if (acknowledgement !== undefined) {
        this.#ledger.acknowledged(sequence, acknowledgement, Date.now());
        this.#news.emit('acknowledged', sequence);
      } else if (status >= 400 && status < 500) this.#ledger.refused(sequence, String(status), Date.now());
      else this.#ledger.unknown(sequence, String(status), Date.now());
    });
  }

  #content(): Content {
    const { users, questions } = this.#options;
    const number = this.#ledger.size + 1;
    return {
      userId: users[number % users.length] ?? users[0],
      questionId: questions[number % questions.length] ?? questions[0],
      score: number % 101,
      feedback: `observer ${this.#name} write ${number}`,
    };
  }

  /** Asks one question at a time; a server that does not answer now is asked again. */
  async #askCommits(): Promise<void> {
    this.#asking ??= attributeToOriginal(this.#ledger, this.#options.original)
      .catch(() => undefined) // `attribute` finds out what stayed open
      .finally(() => {
        this.#asking = undefined;
      });
    this.#ledger.flush();
    await this.#asking;
  }

  async #carry(what: 'probes' | 'writes', task: () => Promise<void>): Promise<void> {
    if (this.#underWay[what] >= this.#options.inFlight) {
      this.#heldBack += 1;
      return;
    }
    this.#underWay[what] += 1;
    try {
      await task();
    } finally {
      this.#underWay[what] -= 1;
      if (this.#underWay.probes + this.#underWay.writes === 0) this.#news.emit('idle');
    }
  }

  get #base(): URL {
    const { address } = this.#options;
    return new URL(typeof address === 'string' ? address : address());
  }

  #request(request: Request): Promise<Answer> {
    return send(this.#base, request, this.#options.timeoutMilliseconds);
  }

  #count(right: boolean): void {
    this.#total += 1;
    if (!right) this.#failed += 1;
  }
}

const reason = (error: unknown): string => (types.isNativeError(error) ? error.message : String(error));
