import * as http from 'node:http';
import type { Clock, Timer } from '../../asl/clock';

/** `unused`: no listener forwards to the group, so nobody checks it. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

export type TargetReason =
  'registering' | 'first-checks' | 'refused' | 'timed-out' | 'wrong-status' | 'deregistering' | 'not-in-use';

export interface TargetHealth {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly state: TargetState;
  readonly reason?: TargetReason;
  /** Of the last check, where one was answered. */
  readonly status?: number;
}

export interface HealthCheck {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly matches: (status: number) => boolean;
  /** Where it differs from the port of the traffic. */
  readonly port?: number;
}

/** What AWS uses where the caller says nothing (ELBv2 API reference, CreateTargetGroup). */
export const defaultHealthCheck: HealthCheck = {
  path: '/',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matches: (status) => status === 200,
};

interface Target {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  state: Exclude<TargetState, 'unused'>;
  reason: TargetReason | undefined;
  status: number | undefined;
  passed: number;
  failed: number;
  /** The next check, or the end of draining. */
  timer: Timer | undefined;
}

type CheckResult =
  { readonly ok: true; readonly status: number } | { ok: false; reason: TargetReason; status?: number };

/** Where a request can be sent. */
export interface Destination {
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/**
 * Targets and their health, by real HTTP requests at the intervals of the clock. A check is real work, so nothing is
 * skipped while one is under way; the interval is a background timer and never makes the clock skip.
 */
export class TargetGroup {
  readonly #targets = new Map<string, Target>();
  #check: HealthCheck;
  #uses = 0;
  #turn = 0;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    healthCheck: HealthCheck = defaultHealthCheck,
    /** Seconds for which a deregistered target stays `draining`; 300 is AWS's default. */
    public deregistrationDelaySeconds = 300,
  ) {
    this.#check = healthCheck;
  }

  get healthCheck(): HealthCheck {
    return this.#check;
  }

  /** Counters start again, states stay until the new check decides otherwise. */
  setHealthCheck(healthCheck: HealthCheck): void {
    this.#check = healthCheck;
    for (const target of this.#targets.values()) {
      target.passed = 0;
      target.failed = 0;
    }
  }

  /** Registering again a target that drains takes it back in, through `initial`. */
  register(id: string, address: string, port: number): void {
    const known = this.#targets.get(id);
    if (known !== undefined && known.state !== 'draining' && known.address === address && known.port === port) return;
    known?.timer?.cancel();
    const target: Target = {
      id,
      address,
      port,
      state: 'initial',
      reason: 'registering',
      status: undefined,
      passed: 0,
      failed: 0,
      timer: undefined,
    };
    this.#targets.set(id, target);
    if (this.#uses > 0) this.#schedule(target, 0);
  }

  /** No new request from now on; requests under way finish. Unknown targets are ignored, as AWS does. */
  deregister(id: string): void {
    const target = this.#targets.get(id);
    if (target === undefined || target.state === 'draining') return;
    target.timer?.cancel();
    target.state = 'draining';
    target.reason = 'deregistering';
    target.timer = this.clock.after(
      this.deregistrationDelaySeconds * 1000,
      () => {
        if (this.#targets.get(id) === target) this.#targets.delete(id);
      },
      { background: true },
    );
  }

  targets(): readonly TargetHealth[] {
    return [...this.#targets.values()].map((target) => {
      const { id, address, port } = target;
      if (this.#uses === 0 && target.state !== 'draining') {
        return { id, address, port, state: 'unused', reason: 'not-in-use' };
      }
      return {
        id,
        address,
        port,
        state: target.state,
        ...(target.reason === undefined ? {} : { reason: target.reason }),
        ...(target.status === undefined ? {} : { status: target.status }),
      };
    });
  }

  /**
   * The next target in turn: among the healthy ones, or, where none is, among all that do not drain (the load balancer
   * "fails open"). Undefined where nothing is registered.
   */
  next(): Destination | undefined {
    const registered = [...this.#targets.values()].filter((target) => target.state !== 'draining');
    const healthy = registered.filter((target) => target.state === 'healthy');
    const candidates = healthy.length > 0 ? healthy : registered;
    this.#turn += 1;
    return candidates[this.#turn % Math.max(candidates.length, 1)];
  }

  /** A load balancer says that a rule of its forwards here; checks begin with the first. */
  acquire(): void {
    this.#uses += 1;
    if (this.#uses > 1) return;
    for (const target of this.#targets.values()) {
      if (target.state !== 'draining') this.#schedule(target, 0);
    }
  }

  /** The opposite of `acquire`; checks end with the last. */
  release(): void {
    this.#uses -= 1;
    if (this.#uses > 0) return;
    for (const target of this.#targets.values()) {
      if (target.state === 'draining') continue;
      target.timer?.cancel();
      Object.assign(target, { state: 'initial', reason: 'registering', status: undefined, passed: 0, failed: 0 });
    }
  }

  close(): void {
    for (const target of this.#targets.values()) target.timer?.cancel();
    this.#targets.clear();
  }

  #schedule(target: Target, milliseconds: number): void {
    target.timer?.cancel();
    target.timer = this.clock.after(
      milliseconds,
      () => {
        this.#schedule(target, this.#check.intervalSeconds * 1000);
        void this.clock.work(async () => {
          this.#judge(target, await probe(target, this.#check));
        });
      },
      { background: true },
    );
  }

  #judge(target: Target, result: CheckResult): void {
    // Deregistered, replaced or out of use while the answer was awaited.
    if (this.#targets.get(target.id) !== target || target.state === 'draining' || this.#uses === 0) return;
    target.status = result.status;
    if (result.ok) {
      target.failed = 0;
      target.passed += 1;
      // A new target needs one pass only, whatever the threshold (ELB user guide, "Health checks for target groups").
      const needed = target.state === 'initial' ? 1 : this.#check.healthyThreshold;
      if (target.state !== 'healthy' && target.passed < needed) return;
      target.state = 'healthy';
      target.reason = undefined;
      return;
    }
    target.passed = 0;
    target.failed += 1;
    if (target.failed >= this.#check.unhealthyThreshold) target.state = 'unhealthy';
    if (target.state === 'unhealthy') target.reason = result.reason;
    else if (target.state === 'initial') target.reason = 'first-checks';
  }
}

/** One request on a connection of its own, as the load balancer makes it. The time-out is real time. */
function probe(target: Target, check: HealthCheck): Promise<CheckResult> {
  return new Promise((resolve) => {
    const request = http.get(
      {
        host: target.address,
        port: check.port ?? target.port,
        path: check.path,
        agent: false,
        headers: { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' },
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        clearTimeout(deadline);
        resolve(check.matches(status) ? { ok: true, status } : { ok: false, reason: 'wrong-status', status });
      },
    );
    const deadline = setTimeout(() => {
      resolve({ ok: false, reason: 'timed-out' });
      request.destroy();
    }, check.timeoutSeconds * 1000);
    request.once('error', () => {
      clearTimeout(deadline);
      resolve({ ok: false, reason: 'refused' });
    });
  });
}
