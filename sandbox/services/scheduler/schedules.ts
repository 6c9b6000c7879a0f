import { type Clock } from '../../../asl';
import { type Destinations } from '../events/destinations';
import { TargetError } from '../events/errors';
import { Repeating } from '../events/repeating';
import { parseSchedule } from '../events/schedule';

export interface ScheduleDefinition {
  readonly name: string;
  readonly arn: string;
  /** ARN of its group, which the trust policy of its role may ask for. */
  readonly groupArn: string;
  readonly enabled: boolean;
  readonly expression: string;
  readonly target: {
    readonly arn: string;
    readonly roleArn: string;
    readonly input: string;
    readonly deadLetterArn: string | undefined;
  };
}

/** The schedules of EventBridge Scheduler. */
export class Schedules {
  readonly #schedules: ScheduleDefinition[] = [];
  readonly #repeating: Repeating[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly destinations: Destinations,
  ) {}

  /** @throws ScheduleError, TargetError for what is not simulated */
  add(schedule: ScheduleDefinition): void {
    this.destinations.check(schedule.target.arn);
    const due = parseSchedule(schedule.expression, this.clock.now().at);
    this.#schedules.push(schedule);
    if (!schedule.enabled) return;
    const fire = (): void => {
      this.fire(schedule.name);
    };
    this.#repeating.push(new Repeating(this.clock, due, fire));
  }

  all(): readonly ScheduleDefinition[] {
    return this.#schedules;
  }

  /** Fires a schedule as if its time had come. @throws TargetError where there is none of that name */
  fire(name: string): void {
    const schedule = this.#schedules.find((candidate) => candidate.name === name);
    if (schedule === undefined) throw new TargetError(`No schedule is called ${name}`);
    const { arn, groupArn, target } = schedule;
    this.destinations.deliver({
      service: 'scheduler.amazonaws.com',
      name,
      arn,
      trustArn: groupArn,
      targetArn: target.arn,
      roleArn: target.roleArn,
      deadLetterArn: target.deadLetterArn,
      payload: target.input,
    });
  }

  close(): void {
    for (const repeating of this.#repeating) repeating.close();
  }
}
