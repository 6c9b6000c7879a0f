import { type Context } from '../../../sandbox/identity/conditions';
import { evaluateIdentity, evaluateResource, evaluateTrust } from '../../../sandbox/identity/evaluate';
import { matchesArn, matchesPattern, patternsOverlap } from '../../../sandbox/identity/pattern';
import { parsePolicy } from '../../../sandbox/identity/policy';

const role = { kind: 'role', arn: 'arn:aws:iam::123456789012:role/r', account: '123456789012' } as const;

function verdict(
  statements: object[],
  action: string,
  resource: string,
  context: Record<string, string[]> = {},
): string {
  const policy = parsePolicy('p', { Version: '2012-10-17', Statement: statements }, 'identity');
  return evaluateIdentity([policy], { principal: role, action, resource, context: keys(context) }).verdict;
}
const keys = (context: Record<string, string[]>): Context =>
  new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
const allow = (more: object): object => ({ Effect: 'Allow', Action: 'rds:*', Resource: '*', ...more });

describe('evaluation of a role', () => {
  const database = 'arn:aws:rds:eu-central-1:123456789012:db:a';

  it('denies by default', () => {
    expect(verdict([allow({ Action: 'ssm:SendCommand' })], 'rds:DeleteDBInstance', database)).toBe('denied');
    expect(verdict([allow({ Resource: 'arn:aws:rds:*:*:db:b' })], 'rds:DeleteDBInstance', database)).toBe('denied');
    expect(verdict([allow({ Resource: `${database}b` })], 'rds:DeleteDBInstance', database)).toBe('denied');
  });

  it('allows by wildcards, ignoring the case of actions only', () => {
    expect(verdict([allow({ Action: 'RDS:Del*'.toLowerCase() })], 'rds:DeleteDBInstance', database)).toBe('allowed');
    expect(verdict([allow({ Resource: 'arn:aws:rds:*:*:db:?' })], 'rds:DeleteDBInstance', database)).toBe('allowed');
    expect(verdict([allow({ Resource: 'arn:aws:rds:*:*:DB:?' })], 'rds:DeleteDBInstance', database)).toBe('denied');
  });

  it('lets an explicit deny win whatever the order', () => {
    const deny = { Effect: 'Deny', Action: 'rds:Delete*', Resource: '*' };
    expect(verdict([allow({}), deny], 'rds:DeleteDBInstance', database)).toBe('explicitly denied');
    expect(verdict([deny, allow({})], 'rds:DeleteDBInstance', database)).toBe('explicitly denied');
    expect(verdict([deny, allow({})], 'rds:CreateDBInstance', database)).toBe('allowed');
  });

  it('takes NotAction and NotResource', () => {
    const notAction = { Effect: 'Allow', NotAction: 'rds:Delete*', Resource: '*' };
    expect(verdict([notAction], 'rds:DeleteDBInstance', database)).toBe('denied');
    expect(verdict([notAction], 'rds:CreateDBInstance', database)).toBe('allowed');
    const notResource = { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:rds:*:*:db:a' };
    expect(verdict([notResource], 'rds:CreateDBInstance', database)).toBe('denied');
    expect(verdict([notResource], 'rds:CreateDBInstance', `${database}b`)).toBe('allowed');
  });

  it.each<[string, object, Record<string, string[]>, string]>([
    ['equal', { StringEquals: { 'aws:X': ['a', 'b'] } }, { 'aws:x': ['b'] }, 'allowed'],
    ['not equal', { StringEquals: { 'aws:X': 'a' } }, { 'aws:x': ['b'] }, 'denied'],
    ['absent', { StringEquals: { 'aws:X': 'a' } }, { 'aws:x': [] }, 'denied'],
    ['not known', { StringNotEquals: { 'aws:X': 'a' } }, {}, 'denied'],
    ['negated', { StringNotEquals: { 'aws:X': 'a' } }, { 'aws:x': ['b'] }, 'allowed'],
    ['negated and absent', { StringNotEquals: { 'aws:X': 'a' } }, { 'aws:x': [] }, 'allowed'],
    ['if exists, absent', { StringEqualsIfExists: { 'aws:X': 'a' } }, { 'aws:x': [] }, 'allowed'],
    ['if exists, other', { StringEqualsIfExists: { 'aws:X': 'a' } }, { 'aws:x': ['b'] }, 'denied'],
    ['if exists, not known', { StringEqualsIfExists: { 'aws:X': 'a' } }, {}, 'denied'],
    ['like', { StringLike: { 'aws:X': 'a*' } }, { 'aws:x': ['abc'] }, 'allowed'],
    ['case', { StringEqualsIgnoreCase: { 'aws:X': 'A' } }, { 'aws:x': ['a'] }, 'allowed'],
    ['bool', { Bool: { 'aws:SecureTransport': false } }, { 'aws:securetransport': ['true'] }, 'denied'],
    ['null', { Null: { 'aws:X': true } }, { 'aws:x': [] }, 'allowed'],
    ['not null', { Null: { 'aws:X': 'false' } }, { 'aws:x': [] }, 'denied'],
    ['number', { NumericLessThan: { 'aws:X': 10 } }, { 'aws:x': ['9'] }, 'allowed'],
    ['number, too many', { NumericLessThan: { 'aws:X': 10 } }, { 'aws:x': ['10'] }, 'denied'],
    ['date', { DateLessThan: { 'aws:X': '2026-01-02T00:00:00Z' } }, { 'aws:x': ['2026-01-01T00:00:00Z'] }, 'allowed'],
    ['arn', { ArnLike: { 'aws:X': 'arn:aws:s3:::*' } }, { 'aws:x': ['arn:aws:s3:::b'] }, 'allowed'],
    ['all values', { 'ForAllValues:StringEquals': { 'aws:X': ['a', 'b'] } }, { 'aws:x': ['a', 'c'] }, 'denied'],
    ['all values, none', { 'ForAllValues:StringEquals': { 'aws:X': ['a'] } }, { 'aws:x': [] }, 'allowed'],
    ['any value', { 'ForAnyValue:StringEquals': { 'aws:X': ['a'] } }, { 'aws:x': ['a', 'c'] }, 'allowed'],
    ['any value, none', { 'ForAnyValue:StringEquals': { 'aws:X': ['a'] } }, { 'aws:x': [] }, 'denied'],
    ['many values of one', { StringEquals: { 'aws:X': ['a', 'c'] } }, { 'aws:x': ['a', 'c'] }, 'denied'],
    ['family known', { StringNotEquals: { 'aws:ResourceTag/a': 'b' } }, { 'aws:resourcetag/': [] }, 'allowed'],
  ])('judges a condition: %s', (_name, Condition, context, expected) => {
    expect(verdict([allow({ Condition })], 'rds:X', database, context)).toBe(expected);
  });

  it('denies by a Deny whose condition it cannot judge', () => {
    const deny = { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:X': 'a' } } };
    expect(verdict([allow({}), deny], 'rds:X', database)).toBe('explicitly denied');
    expect(verdict([allow({}), deny], 'rds:X', database, { 'aws:x': [] })).toBe('allowed');
  });
});

describe('policies that are refused', () => {
  it.each<[string, object, RegExp]>([
    ['operator', { Condition: { IpAddress: { 'aws:SourceIp': '1.2.3.4' } } }, /IpAddress/],
    ['variable', { Resource: 'arn:aws:s3:::${aws:username}' }, /policy variables/],
    ['variable in a condition', { Condition: { StringEquals: { 'aws:X': '${aws:username}' } } }, /policy variables/],
    ['unknown field', { Principle: '*' }, /Principle/],
    ['principal', { Principal: '*' }, /has a principal/],
    ['both', { NotAction: 'rds:X' }, /either Action or NotAction/],
    ['resource', { Resource: 'db' }, /ARN/],
  ])('%s', (_name, more, message) => {
    expect(() => parsePolicy('p', { Version: '2012-10-17', Statement: allow(more) }, 'identity')).toThrow(message);
  });
});

describe('policies of resources and roles', () => {
  const request = { principal: role, action: 's3:PutObject', resource: 'arn:aws:s3:::b/k', context: keys({}) };
  const resource = (statement: object) => parsePolicy('b', { Version: '2012-10-17', Statement: statement }, 'resource');
  const base = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b/*' };

  it('speak of the role, of everybody, or of the account, which only delegates', () => {
    expect(evaluateResource(resource({ ...base, Principal: { AWS: role.arn } }), request).verdict).toBe('allowed');
    expect(evaluateResource(resource({ ...base, Principal: '*' }), request).verdict).toBe('allowed');
    const root = resource({ ...base, Principal: { AWS: '123456789012' } });
    expect(evaluateResource(root, request).verdict).toBe('denied');
    expect(evaluateResource(root, request, true).verdict).toBe('allowed');
  });

  it('trust a service under the condition of its source', () => {
    const Condition = { StringEquals: { 'aws:SourceAccount': '1' } };
    const trust = parsePolicy(
      't',
      {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'x' }, Condition },
      },
      'trust',
    );
    expect(evaluateTrust(trust, 'x', keys({ 'aws:SourceAccount': ['1'] })).verdict).toBe('allowed');
    expect(evaluateTrust(trust, 'x', keys({ 'aws:SourceAccount': ['2'] })).verdict).toBe('denied');
    expect(evaluateTrust(trust, 'y', keys({ 'aws:SourceAccount': ['1'] })).verdict).toBe('denied');
  });
});

describe('patterns', () => {
  it('match and overlap', () => {
    expect(matchesPattern('a.*c', 'a.bc')).toBe(true);
    expect(matchesPattern('a.c', 'abc')).toBe(false);
    expect(matchesArn('arn:aws:states:*:*:execution:a:*', 'arn:aws:states:r:1:execution:a:b')).toBe(true);
    expect(matchesArn('arn:aws:*:execution:a', 'arn:aws:states:r:1:execution:a')).toBe(false);
    expect(patternsOverlap('arn:*:db:*', 'arn:aws:rds:r:1:db:x-*')).toBe(true);
    expect(patternsOverlap('arn:*:cluster:*', 'arn:aws:rds:r:1:db:x')).toBe(false);
  });
});
