import { randomUUID } from 'node:crypto';
import { type Clock, type Timer } from '../../../asl';
import { type Place } from '../place';
import { type Destinations } from './destinations';
import { TargetError } from './errors';
import { type TargetInput, targetInput } from './input';
import { type EventTest, compilePattern } from './pattern';
import { Repeating } from './repeating';
import { type NextDue, parseSchedule } from './schedule';

export interface RuleTarget {
  readonly id: string;
  readonly arn: string;
  readonly roleArn: string | undefined;
  readonly deadLetterArn: string | undefined;
  readonly input: TargetInput;
}

export interface RuleDefinition {
  readonly name: string;
  readonly arn: string;
  readonly enabled: boolean;
  readonly pattern: unknown;
  readonly schedule: string | undefined;
  readonly targets: readonly RuleTarget[];
}

interface Rule extends RuleDefinition {
  readonly matches: EventTest | undefined;
  readonly repeating: Repeating | undefined;
}

/** An event as its source puts it; the bus adds the envelope. */
export interface PutEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  readonly resources: readonly string[];
}

/** The account's default event bus, with its rules. */
export class EventBus {
  /** How often each event reaches its targets: EventBridge promises "at least once", and AWS's own events "best effort". */
  delivery: 'once' | 'twice' | 'never' = 'once';
  readonly #rules: Rule[] = [];
  readonly #events: object[] = [];
  readonly #pending = new Set<Timer>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly destinations: Destinations,
  ) {}

  /** @throws PatternError, ScheduleError, TargetError for what is not simulated */
  addRule(definition: RuleDefinition): void {
    const { pattern, schedule, targets } = definition;
    if ((pattern === undefined) === (schedule === undefined)) {
      throw new TargetError(`The rule ${definition.name} needs either a pattern or a schedule`);
    }
    for (const target of targets) this.destinations.check(target.arn);
    const due: NextDue | undefined = schedule === undefined ? undefined : parseSchedule(schedule, this.clock.now().at);
    const rule: Rule = {
      ...definition,
      matches: pattern === undefined ? undefined : compilePattern(pattern),
      repeating:
        due === undefined || !definition.enabled
          ? undefined
          : new Repeating(this.clock, due, () => {
              this.fire(definition.name);
            }),
    };
    this.#rules.push(rule);
  }

  /** Puts an event on the bus; targets hear of it a moment later. */
  put({ source, detailType, detail, resources }: PutEvent): void {
    const event = this.#envelope(source, detailType, detail, resources);
    this.#events.push(event);
    for (const rule of this.#rules) {
      if (rule.enabled && rule.matches?.({ ...event }) === true) this.#deliver(rule, event);
    }
  }

  /** Fires a scheduled rule as if its time had come. @throws TargetError where there is none of that name */
  fire(ruleName: string): void {
    const rule = this.#rules.find(({ name }) => name === ruleName);
    if (rule?.schedule === undefined) throw new TargetError(`No scheduled rule is called ${ruleName}`);
    this.#deliver(rule, this.#envelope('aws.events', 'Scheduled Event', {}, [rule.arn]));
  }

  rules(): readonly RuleDefinition[] {
    return this.#rules;
  }

  /** Every event that was put, oldest first. */
  events(): readonly object[] {
    return this.#events;
  }

  close(): void {
    for (const { repeating } of this.#rules) repeating?.close();
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }

  #deliver(rule: Rule, event: object): void {
    const times = { once: 1, twice: 2, never: 0 }[this.delivery];
    for (let time = 0; time < times; time += 1) {
      const timer = this.clock.after(0, () => {
        this.#pending.delete(timer);
        for (const target of rule.targets) this.#send(rule, target, event);
      });
      this.#pending.add(timer);
    }
  }

  #send(rule: Rule, target: RuleTarget, event: object): void {
    const delivery = {
      service: 'events.amazonaws.com',
      name: rule.name,
      arn: rule.arn,
      trustArn: rule.arn,
      targetArn: target.arn,
      roleArn: target.roleArn,
      deadLetterArn: target.deadLetterArn,
    } as const;
    let payload: string;
    try {
      payload = targetInput(target.input, event, rule.arn);
    } catch (thrown) {
      if (!(thrown instanceof TargetError)) throw thrown;
      this.destinations.refuse({ ...delivery, payload: JSON.stringify(event) }, thrown);
      return;
    }
    this.destinations.deliver({ ...delivery, payload });
  }

  #envelope(source: string, detailType: string, detail: object, resources: readonly string[]): object {
    const text = JSON.stringify({
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: this.place.account,
      time: new Date(this.clock.now().at).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.place.region,
      resources,
      detail,
    });
    const event: unknown = JSON.parse(text);
    if (typeof event !== 'object' || event === null) throw new TypeError('An event is an object');
    return event;
  }
}
