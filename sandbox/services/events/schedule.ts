import { ScheduleError } from './errors';

/** When a schedule is due next, after a moment; both milliseconds since the epoch. Undefined: never again. */
export type NextDue = (after: number) => number | undefined;

const MINUTE = 60_000;
const units: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE };
const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const weekdays = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/**
 * A schedule from `rate(5 minutes)`, `cron(0 3 * * ? *)` or `at(2026-01-01T00:00:00)`, in UTC.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 * @param startedAt what a rate counts from, milliseconds since the epoch
 * @throws ScheduleError; `L`, `W` and `#` are not simulated
 */
export function parseSchedule(expression: string, startedAt: number): NextDue {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate !== null) {
    const [, count = '', unit = '', plural] = rate;
    if (Number(count) === 0 || (Number(count) === 1) !== (plural === ''))
      throw new ScheduleError(`${expression} is no rate`);
    const period = Number(count) * (units[unit] ?? MINUTE);
    return (after) => startedAt + (Math.floor((after - startedAt) / period) + 1) * period;
  }
  const once = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/.exec(expression);
  if (once !== null) {
    const due = Date.parse(`${once[1] ?? ''}Z`);
    return (after) => (due > after ? due : undefined);
  }
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron === null) throw new ScheduleError(`${expression} is no schedule that is simulated`);
  return cronSchedule(expression, cron.slice(1));
}

function cronSchedule(expression: string, fields: readonly string[]): NextDue {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new ScheduleError(`${expression}: exactly one of day of month and day of week has to be "?"`);
  }
  const minutes = matcher(expression, minute, 0, 59);
  const hours = matcher(expression, hour, 0, 23);
  const days = matcher(expression, dayOfMonth, 1, 31);
  const monthsOf = matcher(expression, month, 1, 12, months);
  const weekdaysOf = matcher(expression, dayOfWeek, 1, 7, weekdays);
  const years = matcher(expression, year, 1970, 2199);
  return (after) => {
    const date = new Date(Math.floor(after / MINUTE) * MINUTE + MINUTE);
    // Four years hold every calendar there is, 29 February included.
    for (const limit = after + 4 * 366 * 24 * 60 * MINUTE; date.getTime() <= limit;) {
      const dayFits =
        years(date.getUTCFullYear()) &&
        monthsOf(date.getUTCMonth() + 1) &&
        days(date.getUTCDate()) &&
        weekdaysOf(date.getUTCDay() + 1);
      if (!dayFits) {
        date.setUTCHours(24, 0, 0, 0);
      } else if (!hours(date.getUTCHours())) {
        date.setUTCHours(date.getUTCHours() + 1, 0, 0, 0);
      } else if (minutes(date.getUTCMinutes())) {
        return date.getTime();
      } else {
        date.setUTCMinutes(date.getUTCMinutes() + 1);
      }
    }
    return undefined;
  };
}

function matcher(
  expression: string,
  field: string,
  least: number,
  most: number,
  names: readonly string[] = [],
): (value: number) => boolean {
  if (field === '*' || field === '?') return () => true;
  const number = (text: string): number => {
    const name = names.indexOf(text.toUpperCase());
    const value = name >= 0 ? name + 1 : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new ScheduleError(`${expression}: ${text} is not from ${least} to ${most}`);
    return value;
  };
  const tests = field.split(',').map((part): ((value: number) => boolean) => {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const first = from === '*' ? least : number(from);
    const last = to === undefined ? (step === undefined && from !== '*' ? first : most) : number(to);
    const every = step === undefined ? 1 : number(step);
    return (value) => value >= first && value <= last && (value - first) % every === 0;
  });
  return (value) => tests.some((test) => test(value));
}
