import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PriorityTaken } from './errors';
import type { Destination, TargetGroup } from './target-group';

export type Condition =
  | { readonly kind: 'path'; readonly patterns: readonly string[] }
  | { readonly kind: 'host'; readonly patterns: readonly string[] }
  | { readonly kind: 'method'; readonly methods: readonly string[] }
  | { readonly kind: 'header'; readonly header: string; readonly patterns: readonly string[] };

export type Action =
  | { readonly kind: 'fixed-response'; readonly status: number; readonly contentType: string; readonly body: string }
  | {
      readonly kind: 'forward';
      readonly groups: readonly { readonly group: TargetGroup; readonly weight: number }[];
      /** Remembered, not done: a client goes to the groups by their weights alone. */
      readonly stickiness?: { readonly Enabled: boolean; readonly DurationSeconds?: number | undefined };
      /** What comes before it, as ELBv2 has it: who signs users in. Remembered, not done. */
      readonly ahead?: readonly { readonly Type: string }[];
    };

export interface Rule {
  /** The lowest number is tried first; the default action comes last. */
  readonly priority: number;
  /** All must hold; none holds always. */
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

/** What happened to one request, for metrics. */
export interface Exchange {
  readonly at: number;
  readonly status: number;
  /** Who made the answer: a target, or the load balancer itself. */
  readonly by: 'target' | 'balancer' | 'fixed-response';
  readonly group?: string;
  readonly target?: string;
  readonly seconds: number;
}

export interface LoadBalancerOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly rules?: readonly Rule[];
  readonly defaultAction: Action;
  /**
   * Seconds of silence of a target before 504, and after which a connection that nothing uses is ended, to targets and to
   * clients; 60 is AWS's default. Real time.
   */
  readonly idleTimeoutSeconds?: number;
  readonly onExchange?: (exchange: Exchange) => void;
}

/** `*` is any number of characters, `?` exactly one, as in the conditions of a listener rule. */
function wildcard(pattern: string, ignoreCase: boolean): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
}

function holds(condition: Condition, request: http.IncomingMessage): boolean {
  switch (condition.kind) {
    case 'path': {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      return condition.patterns.some((pattern) => wildcard(pattern, false).test(path));
    }
    case 'host': {
      const host = (request.headers.host ?? '').replace(/:\d+$/, '');
      return condition.patterns.some((pattern) => wildcard(pattern, true).test(host));
    }
    case 'method':
      return condition.methods.includes(request.method ?? 'GET');
    case 'header': {
      const value = request.headers[condition.header.toLowerCase()];
      const values = value === undefined ? [] : [value].flat();
      return values.some((one) => condition.patterns.some((pattern) => wildcard(pattern, true).test(one)));
    }
  }
}

const reasons = { 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' } as const;

/** ELB guide, Connection idle timeout. */
const IDLE_TIMEOUT_SECONDS = 60;

/** Per hop, never forwarded (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

function endToEnd(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

/**
 * A real HTTP reverse proxy with one listener, answering as an application load balancer does: 503 where a group has no
 * target, 502 where the target refuses or breaks off, 504 where it stays silent; no request is tried twice.
 */
export class LoadBalancer {
  readonly #server: http.Server;
  /**
   * Connections to targets are used again. A target that ends idle ones earlier than this makes 502s, here as on AWS: a
   * request that is on its way meanwhile is lost (ELB guide, Troubleshoot: keep-alive shorter than the idle timeout).
   */
  readonly #agent: http.Agent;
  readonly #options: LoadBalancerOptions;
  #rules: readonly Rule[] = [];
  #defaultAction: Action;
  #used = new Set<TargetGroup>();

  private constructor(options: LoadBalancerOptions) {
    this.#options = options;
    this.#defaultAction = options.defaultAction;
    this.#agent = new http.Agent({ keepAlive: true, timeout: this.#idleMilliseconds });
    this.#server = http.createServer({ keepAliveTimeout: this.#idleMilliseconds }, (request, response) => {
      this.#answer(request, response);
    });
    this.setRules(options.rules ?? [], options.defaultAction);
  }

  /** Throws PriorityTaken, or the system's error where the address is in use. */
  static async open(options: LoadBalancerOptions): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(options);
    await new Promise<void>((resolve, reject) => {
      balancer.#server.once('error', reject);
      balancer.#server.listen({ host: options.address, port: options.port }, resolve);
    });
    return balancer;
  }

  get address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('The listener is closed');
    return address;
  }

  get url(): string {
    return `http://${this.address.address}:${this.address.port}`;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** Replaces all rules at once, effective for the next request. Throws PriorityTaken and changes nothing. */
  setRules(rules: readonly Rule[], defaultAction: Action = this.#defaultAction): void {
    const sorted = [...rules].sort((a, b) => a.priority - b.priority);
    sorted.forEach((rule, index) => {
      if (sorted[index + 1]?.priority === rule.priority) {
        throw new PriorityTaken(`Two rules have priority ${rule.priority}`);
      }
    });
    this.#rules = sorted;
    this.#defaultAction = defaultAction;
    const used = new Set(
      [...sorted.map((rule) => rule.action), defaultAction].flatMap((action) =>
        action.kind === 'forward' ? action.groups.map(({ group }) => group) : [],
      ),
    );
    for (const group of used) if (!this.#used.has(group)) group.acquire();
    for (const group of this.#used) if (!used.has(group)) group.release();
    this.#used = used;
  }

  async close(): Promise<void> {
    for (const group of this.#used) group.release();
    this.#used = new Set();
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  get #idleMilliseconds(): number {
    return (this.#options.idleTimeoutSeconds ?? IDLE_TIMEOUT_SECONDS) * 1000;
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const rule = this.#rules.find(({ conditions }) => conditions.every((condition) => holds(condition, request)));
    const action = rule?.action ?? this.#defaultAction;
    const began = Date.now();
    const report = (exchange: Omit<Exchange, 'at' | 'seconds'>): void => {
      this.#options.onExchange?.({ at: began, seconds: (Date.now() - began) / 1000, ...exchange });
    };
    if (action.kind === 'fixed-response') {
      request.resume();
      response.writeHead(action.status, { 'content-type': action.contentType, server: 'awselb/2.0' }).end(action.body);
      report({ status: action.status, by: 'fixed-response' });
      return;
    }
    const group = choose(action.groups);
    const target = group?.next();
    if (group === undefined || target === undefined) {
      refuse(request, response, 503);
      report({ status: 503, by: 'balancer', ...(group === undefined ? {} : { group: group.name }) });
      return;
    }
    this.#forward(request, response, target, (status, by) => {
      report({ status, by, group: group.name, target: target.id });
    });
  }

  #forward(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    target: Destination,
    report: (status: number, by: 'target' | 'balancer') => void,
  ): void {
    const forwardedFor = [request.headers['x-forwarded-for'], request.socket.remoteAddress].flat().filter(Boolean);
    const upstream = http.request({
      host: target.address,
      port: target.port,
      method: request.method,
      path: request.url,
      agent: this.#agent,
      setHost: false,
      headers: {
        ...endToEnd(request.headers),
        'x-forwarded-for': forwardedFor.join(', '),
        'x-forwarded-port': String(this.address.port),
        'x-forwarded-proto': 'http',
      },
    });
    let settled = false;
    const fail = (status: 502 | 504): void => {
      if (settled) return;
      settled = true;
      upstream.destroy();
      // Part of the target's answer has already gone out: all that is left is to break the connection.
      if (response.headersSent) response.destroy();
      else refuse(request, response, status);
      report(status, 'balancer');
    };
    upstream.setTimeout(this.#idleMilliseconds, () => {
      fail(504);
    });
    upstream.once('error', () => {
      fail(502);
    });
    upstream.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.headers));
      answer.pipe(response);
      answer.once('error', () => {
        fail(502);
      });
      answer.once('end', () => {
        if (settled) return;
        settled = true;
        report(answer.statusCode ?? 502, 'target');
      });
    });
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy();
    });
    request.pipe(upstream);
  }
}

/** By weight, at random as the real one does. Weights of nought get nothing. */
function choose(groups: readonly { group: TargetGroup; weight: number }[]): TargetGroup | undefined {
  let left = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  for (const { group, weight } of groups) {
    left -= weight;
    if (weight > 0 && left < 0) return group;
  }
  return undefined;
}

function refuse(request: http.IncomingMessage, response: http.ServerResponse, status: 502 | 503 | 504): void {
  request.resume();
  const title = `${status} ${reasons[status]}`;
  response
    .writeHead(status, { 'content-type': 'text/html', server: 'awselb/2.0' })
    .end(
      `<html>\n<head><title>${title}</title></head>\n<body>\n<center><h1>${title}</h1></center>\n</body>\n</html>\n`,
    );
}
