import * as z from 'zod';

/** Actions that end with a forward, as rules and listeners take them. */

const Order = z.number().int().min(1).max(50000).optional();

/** ELB guide, Rule action types: at most five groups, weights from 0 to 999; sticky for 1 second to 7 days. */
export const forwardSchema = z
  .strictObject({
    Type: z.literal('forward'),
    Order,
    TargetGroupArn: z.string().optional(),
    ForwardConfig: z.strictObject({
      TargetGroups: z
        .array(z.strictObject({ TargetGroupArn: z.string(), Weight: z.number().int().min(0).max(999) }))
        .min(1)
        .max(5),
      TargetGroupStickinessConfig: z
        .strictObject({ Enabled: z.boolean(), DurationSeconds: z.number().int().min(1).max(604_800).optional() })
        .refine(({ Enabled, DurationSeconds }) => !Enabled || DurationSeconds !== undefined, {
          error: 'You must specify a duration when you enable target group stickiness',
        })
        .optional(),
    }),
  })
  .refine(
    ({ TargetGroupArn: only, ForwardConfig: { TargetGroups } }) =>
      only === undefined || (TargetGroups.length === 1 && TargetGroups[0]?.TargetGroupArn === only),
    {
      error:
        'You can specify only one target group in ForwardConfig where TargetGroupArn is given, and it must be the same',
    },
  );
export type Forward = z.infer<typeof forwardSchema>;

const common = {
  SessionCookieName: z.string().optional(),
  Scope: z.string().optional(),
  SessionTimeout: z.number().int().optional(),
  OnUnauthenticatedRequest: z.enum(['deny', 'allow', 'authenticate']).optional(),
};

const oidcSchema = z.strictObject({
  Type: z.literal('authenticate-oidc'),
  Order,
  AuthenticateOidcConfig: z
    .strictObject({
      ...common,
      Issuer: z.string(),
      AuthorizationEndpoint: z.string(),
      TokenEndpoint: z.string(),
      UserInfoEndpoint: z.string(),
      ClientId: z.string(),
      // Never in what is described: whoever sends back what was described has to say that the secret stays (ELBv2 API).
      ClientSecret: z.string().optional(),
      UseExistingClientSecret: z.boolean().default(false),
    })
    .refine(({ ClientSecret, UseExistingClientSecret }) => (ClientSecret === undefined) === UseExistingClientSecret, {
      error: 'You must specify either a client secret or that the existing one is used',
    }),
});
const cognitoSchema = z.strictObject({
  Type: z.literal('authenticate-cognito'),
  Order,
  AuthenticateCognitoConfig: z.strictObject({
    ...common,
    UserPoolArn: z.string(),
    UserPoolClientId: z.string(),
    UserPoolDomain: z.string(),
  }),
});
const authenticateSchema = z.discriminatedUnion('Type', [oidcSchema, cognitoSchema]);
type Authenticate = z.infer<typeof authenticateSchema>;

/** A forward, and who signs users in before it. */
export const forwardingActions = z.union([
  z.tuple([forwardSchema]),
  z.tuple([authenticateSchema, forwardSchema]).refine(
    // "Required for rules with multiple actions" (ELBv2 API, Action).
    (actions) => actions.every((each) => each.Order !== undefined),
    { error: 'The order is required for rules with multiple actions' },
  ),
]);
export type ForwardingActions = z.infer<typeof forwardingActions>;

/** As it is described: without its secret. */
export function remembered(action: Authenticate): { readonly Type: string } {
  if (action.Type === 'authenticate-cognito') return action;
  const secret = ['ClientSecret', 'UseExistingClientSecret'];
  const config = Object.entries(action.AuthenticateOidcConfig).filter(([key]) => !secret.includes(key));
  const described = { ...action, AuthenticateOidcConfig: Object.fromEntries(config) };
  return described;
}

/** User pools that somebody has to be allowed to read who makes a rule that signs in by them (ELB guide, Authenticate users). */
export const userPools = (actions: ForwardingActions): string[] =>
  actions.flatMap((each) => (each.Type === 'authenticate-cognito' ? [each.AuthenticateCognitoConfig.UserPoolArn] : []));
