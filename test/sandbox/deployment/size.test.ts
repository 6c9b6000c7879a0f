import { VirtualClock } from '../../../asl';
import { type Deployment, deploy } from '../../../sandbox/deployment';
import { attribute, ref, role, writeAssembly } from './assembly';

type Assembly = ReturnType<typeof writeAssembly>;
let assembly: Assembly | undefined;
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.close();
  deployment = undefined;
  assembly?.remove();
});

async function deployed(...given: Parameters<typeof writeAssembly>): Promise<Deployment> {
  assembly = writeAssembly(...given);
  deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock: new VirtualClock(), services: [] });
  return deployment;
}

const topic = { Type: 'AWS::SNS::Topic' };

describe('what CloudFormation takes', () => {
  test('a template of more than 1 MB is refused with its size, also when it is nested', async () => {
    const large = { Description: 'x'.repeat(1_048_576) };
    await expect(deployed({ Topic: topic }, {}, large)).rejects.toThrow(/has 1048\d\d\d bytes; .* up to 1048576/);
    await expect(
      deployed(
        { Inside: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://s3/assets/in.json' } } },
        {},
        {},
        { 'in.json': { Resources: { Topic: topic }, ...large } },
      ),
    ).rejects.toThrow(/asset\.in\.json has 1048\d\d\d bytes/);
  });

  test('a template of more than 500 resources is refused', async () => {
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`Topic${at}`, topic]));
    await expect(deployed(many)).rejects.toThrow(/has 501 resources; CloudFormation takes up to 500/);
  });

  test('a nested stack has its resources made, and gives its outputs', async () => {
    const { stack } = await deployed(
      {
        Inside: {
          Type: 'AWS::CloudFormation::Stack',
          Properties: { TemplateURL: 'https://s3/assets/in.json', Parameters: { Name: 'inner' } },
        },
      },
      {},
      { Outputs: { Topic: { Value: attribute('Inside', 'Outputs.Topic') } } },
      {
        'in.json': {
          Parameters: { Name: { Type: 'String' } },
          Resources: { Topic: { ...topic, Properties: { TopicName: ref('Name') } } },
          Outputs: { Topic: { Value: ref('Topic') } },
        },
      },
    );
    expect(stack.outputs['Topic']).toMatch(/:inner$/);
  });
});

describe('a definition in a file', () => {
  const stored = (key: string, substitutions: object, more: object = {}) => ({
    Role: role('states'),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        DefinitionS3Location: { Bucket: 'assets', Key: key },
        DefinitionSubstitutions: substitutions,
        RoleArn: attribute('Role'),
        ...more,
      },
    },
  });
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Say',
    States: { Say: { Type: 'Pass', Output: { said: '${Word}' }, End: true } },
  };
  const uploads = { 'machine.json': definition };

  test('has its placeholders filled in from the stack', async () => {
    const here = await deployed(stored('machine.json', { Word: ref('AWS::Region') }), {}, {}, uploads);
    const { execution } = here.start('Machine', {});
    expect(await execution.done).toMatchObject({ status: 'SUCCEEDED', output: { said: 'eu-central-1' } });
  });

  test('a placeholder that nothing is given for is refused by its name', async () => {
    await expect(deployed(stored('machine.json', {}), {}, {}, uploads)).rejects.toThrow(
      'Machine: DefinitionSubstitutions has no Word',
    );
  });

  test('that is not uploaded, or is given twice, is refused', async () => {
    await expect(deployed(stored('absent.json', {}), {}, {}, uploads)).rejects.toThrow(/uploads no asset absent.json/);
    await expect(
      deployed(stored('machine.json', { Word: 'x' }, { DefinitionString: '{}' }), {}, {}, uploads),
    ).rejects.toThrow('one of DefinitionString and DefinitionS3Location');
  });
});
