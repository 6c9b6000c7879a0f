import { Resolver } from '../../../sandbox/deployment/template/intrinsics';
import { physicalName } from '../../../sandbox/deployment/template/names';
import { creationOrder } from '../../../sandbox/deployment/template/order';
import { templateSchema } from '../../../sandbox/deployment/template/schema';

const template = templateSchema.parse({
  Parameters: {
    Given: { Type: 'String' },
    Default: { Type: 'String', Default: 'd' },
    Bootstrap: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' },
  },
  Mappings: { Map: { a: { b: 'mapped' } } },
  Conditions: {
    Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    One: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  },
  Resources: {},
});
const resolver = new Resolver({
  template,
  pseudo: { 'AWS::Region': 'eu-central-1', 'AWS::Partition': 'aws' },
  parameters: { Given: 'g' },
  created: (id) => (id === 'F' ? { ref: 'f-name', attributes: { Arn: 'arn:f', 'A.B': 'nested' } } : undefined),
});

describe('intrinsics', () => {
  it.each<[unknown, unknown]>([
    [{ Ref: 'F' }, 'f-name'],
    [{ Ref: 'Given' }, 'g'],
    [{ Ref: 'Default' }, 'd'],
    [{ 'Fn::GetAtt': ['F', 'Arn'] }, 'arn:f'],
    [{ 'Fn::GetAtt': 'F.A.B' }, 'nested'],
    [{ 'Fn::Join': [':', ['a', { Ref: 'AWS::Region' }, 1]] }, 'a:eu-central-1:1'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::GetAtt': ['F', 'Arn'] }] }] }, 'f'],
    [{ 'Fn::Sub': '${AWS::Partition}/${F}/${F.Arn}/${!F}' }, 'aws/f-name/arn:f/${F}'],
    [{ 'Fn::Sub': ['${x}-${F}', { x: { Ref: 'Given' } }] }, 'g-f-name'],
    [{ 'Fn::FindInMap': ['Map', 'a', 'b'] }, 'mapped'],
    [{ 'Fn::If': ['Yes', 'y', { Ref: 'Absent' }] }, 'y'],
    [{ a: { 'Fn::If': ['No', 'y', { Ref: 'AWS::NoValue' }] }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
  ])('%j is %j', (value, expected) => {
    expect(resolver.resolve(value, 'here')).toEqual(expected);
  });

  it('knows conditions', () => {
    expect(['Yes', 'No', 'Both', 'One'].map((name) => resolver.condition(name))).toEqual([true, false, false, true]);
  });

  it.each([
    [{ Ref: 'Absent' }, /nothing is called Absent/],
    [{ Ref: 'Bootstrap' }, /Bootstrap has no value/],
    [{ 'Fn::GetAtt': ['F', 'Other'] }, /no attribute F.Other/],
    [{ 'Fn::ImportValue': 'x' }, /Fn::ImportValue is not simulated/],
    [{ 'Fn::Transform': 'x' }, /Fn::Transform is not simulated/],
    [{ 'Fn::Select': [3, ['a']] }, /finds nothing/],
    [{ 'Fn::If': ['Never', 1, 2] }, /Never is not in the template/],
  ])('%j is refused by name', (value, message) => {
    expect(() => resolver.resolve(value, 'here')).toThrow(message);
  });
});

describe('order', () => {
  const resources = (properties: Record<string, object>, dependsOn: Record<string, string[]> = {}) =>
    templateSchema.parse({
      Resources: Object.fromEntries(
        Object.entries(properties).map(([id, Properties]) => [
          id,
          { Type: 'T', Properties, ...(dependsOn[id] === undefined ? {} : { DependsOn: dependsOn[id] }) },
        ]),
      ),
    }).Resources;

  it('puts what is referred to first', () => {
    const order = creationOrder(
      resources({ A: { x: { 'Fn::Sub': '${B.Arn}' } }, B: { x: [{ Ref: 'C' }] }, C: {}, D: {} }, { C: ['D'] }),
    );
    expect(order).toEqual(['D', 'C', 'B', 'A']);
  });

  it('refuses a circle and a missing dependency', () => {
    expect(() =>
      creationOrder(resources({ A: { x: { Ref: 'B' } }, B: { x: { 'Fn::GetAtt': ['A', 'Arn'] } } })),
    ).toThrow('A → B → A');
    expect(() => creationOrder(resources({ A: {} }, { A: ['Z'] }))).toThrow('Z, which is not there');
  });
});

it('names as CloudFormation does', () => {
  expect(physicalName('Stack', 'Function', 64)).toMatch(/^Stack-Function-[0-9A-F]{12}$/);
  expect(physicalName('Stack', 'Bucket', 63, true)).toMatch(/^stack-bucket-[0-9a-f]{12}$/);
  expect(physicalName('S'.repeat(80), 'L'.repeat(80), 64).length).toBeLessThanOrEqual(64);
});
