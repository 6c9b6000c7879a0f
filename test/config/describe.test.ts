import { application, describe as viewOf, InvalidDescriptionError } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import { descriptionSchema, type applicationSchema } from '../../config/schema';
import type * as z from 'zod';

type Given = z.input<typeof applicationSchema>;

const right: Given = interviewDrills;

function mistakesOf(given: Given): string {
  try {
    application(given);
  } catch (error) {
    if (error instanceof InvalidDescriptionError) return error.message;
    throw error;
  }
  throw new Error('the description was accepted');
}

const withProduction = (change: object): Given => ({
  ...right,
  environments: { ...right.environments, production: { ...right.environments.production, ...change } },
});

describe('a mistake in the description', () => {
  test.each([
    [
      'a region that is none',
      withProduction({ region: 'Frankfurt' }),
      /environments\.production\.region: should be a region/,
    ],
    [
      'a public address with a query',
      withProduction({ publicUrl: 'https://x.example/?a=1' }),
      /environments\.production\.publicUrl: should be/,
    ],
    [
      'a table that is no identifier',
      withProduction({
        database: {
          ...right.environments.production.database,
          integrityChecks: [{ table: 'users; DROP TABLE users' }],
        },
      }),
      /environments\.production\.database\.integrityChecks\.0\.table: should be a plain SQL identifier/,
    ],
    [
      'a probe whose alarm comes after more is lost than may be',
      withProduction({ probeEveryMinutes: 4 }),
      /environments\.production\.probeEveryMinutes: is too seldom: the probe's alarm may come 18 minutes after the damage/,
    ],
    [
      'a secret that is no ARN',
      withProduction({ database: { ...right.environments.production.database, masterSecretArn: 'hunter2' } }),
      /environments\.production\.database\.masterSecretArn: should be an ARN of secretsmanager/,
    ],
    [
      'a master secret that RDS manages',
      withProduction({
        database: {
          ...right.environments.production.database,
          masterSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-0a1b2c3d-a1b2c3',
        },
      }),
      /environments\.production\.database\.masterSecretArn: should be a secret of your own: .*belongs to its instance/,
    ],
    ['nobody to tell', withProduction({ notifications: [] }), /environments\.production\.notifications: /],
  ])('%s is refused with its path and what it should be', (_name, given, message) => {
    expect(mistakesOf(given)).toMatch(message);
  });

  test('an unknown field is refused by name', () => {
    expect(mistakesOf(withProduction({ hots: {} }))).toMatch(/environments\.production: .*"hots"/);
  });

  test('all mistakes are told at once', () => {
    expect(mistakesOf(withProduction({ region: 'x', account: '1' }))).toMatch(/2 mistake\(s\)/);
  });
});

describe('defaults', () => {
  test('are those of the written procedures', () => {
    expect(interviewDrills.objectives).toEqual({
      critical: { rtoMinutes: 240, rpoMinutes: 15 },
      important: { rtoMinutes: 480, rpoMinutes: 60 },
      'non-critical': { rtoMinutes: 1440, rpoMinutes: 240 },
    });
    expect(interviewDrills.serviceLevels).toEqual({
      availabilityPercent: 99.9,
      requestsWithinPercent: 95,
      requestsWithinMilliseconds: 500,
      consistencyPercent: 99.99,
    });
  });
});

test.each(['production', 'drill'] as const)('what the functions of %s read parses by their schema', (environment) => {
  const view = viewOf(interviewDrills, environment);
  expect(descriptionSchema.parse(JSON.parse(JSON.stringify(view)))).toEqual(view);
});

test("the drill's environment shares no resource with production", () => {
  const [production, drill] = [interviewDrills.environments.production, interviewDrills.environments.drill];
  const names = ({ database, loadBalancer, autoScalingGroup, hosts }: typeof production) => [
    database.instanceIdentifier,
    database.address,
    database.hostedZoneId,
    database.masterSecretArn,
    database.fenceSecurityGroupId,
    ...database.logins.map(({ secretArn }) => secretArn),
    loadBalancer.listenerArn,
    loadBalancer.targetGroupArn,
    autoScalingGroup,
    hosts.tag.value,
  ];
  expect(names(production).filter((name) => names(drill).includes(name))).toEqual([]);
});

describe('two regions', () => {
  test('the standby sees the same application in its own region, and the other one as its counterpart', () => {
    const home = viewOf(interviewDrills, 'drill');
    const standby = viewOf(interviewDrills, 'drill', 'standby');
    expect(descriptionSchema.parse(standby)).toEqual(standby);
    expect([home.site, home.region, home.counterpart?.region]).toEqual(['home', 'us-east-1', 'us-west-2']);
    expect([standby.site, standby.region, standby.counterpart?.region]).toEqual(['standby', 'us-west-2', 'us-east-1']);
    expect(standby.publicUrl).toBe(home.publicUrl);
    expect(standby.database.masterSecretArn).toBe(home.database.masterSecretArn.replace('us-east-1', 'us-west-2'));
    // What is its own names its own region; the other one is named as the counterpart alone.
    expect(JSON.stringify({ ...standby, counterpart: null, standby: null })).not.toContain('us-east-1');
    expect(standby.counterpart?.instanceIdentifier).toBe(home.database.instanceIdentifier);
    expect(standby.alarmTriggers).toEqual([]);
  });

  test('a calendar entry is for one region', () => {
    expect(viewOf(interviewDrills, 'drill').schedules.map(({ name }) => name)).not.toContain('annual-cross-region');
    expect(viewOf(interviewDrills, 'drill', 'standby').schedules.map(({ name }) => name)).toEqual([
      'annual-cross-region',
    ]);
  });

  test.each(['cross-region-recovery', 'fail-back'])('in production nobody moves by %s without a person', (plan) => {
    const silent = { ...right, approvals: (right.approvals ?? []).filter((each) => each.plan !== plan) };
    expect(mistakesOf(silent)).toContain(`should ask a person about ${plan} in production`);
    const hasty = (right.approvals ?? []).map((each) =>
      each.plan === plan ? { ...each, onTimeout: 'go-on' as const } : each,
    );
    expect(mistakesOf({ ...right, approvals: hasty })).toContain(`should ask a person about ${plan}`);
  });
});
