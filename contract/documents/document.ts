import * as z from 'zod';

/** An SSM Command document: documents/<name>.yaml and the script beside it. */
export interface DocumentContract {
  /** Whether it changes nothing, neither on its host nor in a database: then nobody has to wait for its end. */
  readonly readOnly: boolean;
  /** Strings, as SSM hands them over; each constrained here and again by `allowedPattern` in the YAML, a test compares. */
  readonly parameters: z.ZodType<Readonly<Record<string, string | undefined>>>;
  /** The line of JSON that it ends with. */
  readonly result: z.ZodType;
}

// Parameters that several documents have.
/** No item begins with a hyphen, which a program would take for an option. */
export const serviceList = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]*( [A-Za-z0-9][A-Za-z0-9_.@-]*){0,7}$/);
export const folder = z.string().regex(/^(\/[A-Za-z0-9._-]+)+$/);
export const url = z.string().regex(/^https?:\/\/[A-Za-z0-9.:_/-]+$/);
export const whole = z.string().regex(/^[0-9]{1,6}$/);
export const secretArnText = z
  .string()
  .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$/);
