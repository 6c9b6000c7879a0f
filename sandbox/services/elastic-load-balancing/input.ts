import * as z from 'zod';
import { forwardSchema } from './forward';

/** What the simulated operations take; anything else is refused by name. */

/** Tags: 50 a resource, and `aws:` is AWS's own (ELB guide, Tag restrictions). */
export const tagList = z.array(
  z.strictObject({
    Key: z
      .string()
      .min(1)
      .max(128)
      .regex(/^(?!aws:)/i, 'may not begin with aws:'),
    Value: z.string().max(256).default(''),
  }),
);
export type TagList = z.infer<typeof tagList>;

/** ELB guide, Path conditions: these characters, with `*` and `?` standing for others. */
const pathPattern = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_.$/~"'@:+&*?-]*$/, 'has a character that a path pattern cannot have');

const conditionSchema = z.strictObject({
  Field: z.literal('path-pattern'),
  PathPatternConfig: z.strictObject({ Values: z.array(pathPattern).min(1) }),
});

const fixedResponseSchema = z.strictObject({
  Type: z.literal('fixed-response'),
  FixedResponseConfig: z.strictObject({
    StatusCode: z.string().regex(/^[245]\d\d$/),
    ContentType: z
      .enum(['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'])
      .optional(),
    // ELBv2 API, FixedResponseActionConfig: at most 1024 characters.
    MessageBody: z.string().max(1024).optional(),
  }),
});

const priority = z.number().int().min(1).max(50000);

/** ELB guide, Quotas: 5 values and 6 wildcards a rule. */
const VALUES = 5;
const WILDCARDS = 6;

const valuesOf = (conditions: readonly z.infer<typeof conditionSchema>[]) =>
  conditions.flatMap(({ PathPatternConfig }) => PathPatternConfig.Values);

export const createRuleSchema = z.strictObject({
  ListenerArn: z.string(),
  Priority: priority,
  Conditions: z
    .array(conditionSchema)
    .length(1, 'there must be one path-pattern')
    .refine((conditions) => valuesOf(conditions).length <= VALUES, `at most ${VALUES} values`)
    .refine(
      (conditions) => valuesOf(conditions).join('').replaceAll(/[^*?]/g, '').length <= WILDCARDS,
      `at most ${WILDCARDS} wildcards`,
    ),
  Actions: z.tuple([z.discriminatedUnion('Type', [fixedResponseSchema, forwardSchema])]),
  Tags: tagList.min(1).optional(),
});

export const setPrioritiesSchema = z.strictObject({
  RulePriorities: z.array(z.strictObject({ RuleArn: z.string(), Priority: priority })).min(1),
});
