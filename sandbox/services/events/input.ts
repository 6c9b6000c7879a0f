import { TargetError } from './errors';

/** What a target gets of an event. At most one of the three; none means the event itself. */
export interface TargetInput {
  readonly input?: string | undefined;
  readonly path?: string | undefined;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string } | undefined;
}

/**
 * The text that a target receives.
 * @throws TargetError where a path finds nothing, or the template names what is not there: EventBridge would deliver a
 *   text with a hole in it
 */
export function targetInput(target: TargetInput, event: object, ruleArn: string): string {
  if (target.input !== undefined) return target.input;
  if (target.path !== undefined) return JSON.stringify(find(event, target.path));
  if (target.transformer === undefined) return JSON.stringify(event);
  const values = new Map<string, unknown>([
    ['aws.events.rule-arn', ruleArn],
    ['aws.events.event.json', event],
  ]);
  for (const [name, path] of Object.entries(target.transformer.paths)) values.set(name, find(event, path));
  return fill(target.transformer.template, values);
}

/** Unquoted, a placeholder becomes JSON; inside a text it becomes part of the text. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  let quoted = false;
  return template.replace(/\\.|"|<([A-Za-z0-9_.-]+)>/g, (found, name: string | undefined) => {
    if (found === '"') quoted = !quoted;
    if (name === undefined) return found;
    if (!values.has(name)) throw new TargetError(`The template names <${name}>, which has no path`);
    const value = values.get(name);
    if (!quoted) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

function find(event: object, path: string): unknown {
  if (!/^\$(\.[A-Za-z0-9_-]+|\[\d+\])*$/.test(path)) throw new TargetError(`The path ${path} is not simulated`);
  let value: unknown = event;
  for (const [, name = '', index = ''] of path.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]/g)) {
    const key = name === '' ? index : name;
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    if (value === undefined) throw new TargetError(`The path ${path} finds nothing in the event`);
  }
  return value;
}
