import * as z from 'zod';
import { type Clock } from '../../../asl';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError, type Operation, type Permission, type SimulatedService } from '../service';
import { Command, type Invocation } from './command';
import { describedCommand, describedInvocation, invocationResult } from './describe';
import { type CommandDocument } from './document';
import { type Hosts, type ManagedHost, type Upload } from './host';

interface Parameter {
  readonly name: string;
  readonly type: 'String' | 'StringList';
  value: string;
  version: number;
  modified: Date;
}

const instanceId = z.string().regex(/^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/);
const commandId = z.string().length(36);
const targets = z.array(z.strictObject({ Key: z.string(), Values: z.array(z.string()).min(1).max(50) })).max(5);
const page = { MaxResults: z.number().int().min(1).max(50).default(50), NextToken: z.string().optional() };

/** Times are to the second, without a fraction (Systems Manager API, CommandFilter). */
const second = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const commandFilter = z.discriminatedUnion('key', [
  z.strictObject({ key: z.literal('DocumentName'), value: z.string().min(1).max(128) }),
  z.strictObject({ key: z.enum(['InvokedAfter', 'InvokedBefore']), value: second }),
]);

function passes({ key, value }: z.infer<typeof commandFilter>, { document, requestedAt }: Command): boolean {
  switch (key) {
    case 'DocumentName':
      return document.name === value;
    case 'InvokedAfter':
      return requestedAt.getTime() > Date.parse(value);
    case 'InvokedBefore':
      return requestedAt.getTime() < Date.parse(value);
  }
}

/** Parameters, Command documents and Run Command over the hosts that the sandbox's world supplies. */
export class SystemsManager implements SimulatedService {
  readonly name = 'SSM';
  readonly standIn = {
    name: 'AWS Systems Manager',
    instead: "documents run by bash on the sandbox's hosts, parameters in memory",
    differs: 'commands run at once on all hosts; no associations; hosts have no agent of their own',
  };
  readonly #parameters = new Map<string, Parameter>();
  readonly #documents = new Map<string, CommandDocument>();
  readonly #commands: Command[] = [];
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly hosts: Hosts,
    private readonly upload: Upload,
  ) {
    this.operations = { ...this.#parameterOperations(), ...this.#commandOperations() };
  }

  /** Sets a parameter, as CloudFormation or a person would. Returns its ARN. */
  putParameter(name: string, value: string, type: Parameter['type'] = 'String'): string {
    const version = (this.#parameters.get(name)?.version ?? 0) + 1;
    this.#parameters.set(name, { name, type, value, version, modified: new Date(this.clock.now().at) });
    return this.#parameterArn(name);
  }

  addDocument(document: CommandDocument): void {
    this.#documents.set(document.name, document);
  }

  /** Every command so far, in order. */
  commands(): readonly Command[] {
    return this.#commands;
  }

  close(): void {
    for (const command of this.#commands) for (const invocation of command.invocations) invocation.close();
  }

  #parameterOperations(): Record<string, Operation> {
    const read = (name: string): object => {
      const parameter = this.#parameters.get(name.replace(/^arn:[^:]+:ssm:[^:]*:[^:]*:parameter/, ''));
      if (parameter === undefined) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
      const { type, value, version, modified } = parameter;
      return {
        Name: parameter.name,
        Type: type,
        Value: value,
        Version: version,
        LastModifiedDate: modified,
        ARN: this.#parameterArn(parameter.name),
        DataType: 'text',
      };
    };
    const permission = (action: string, name: string): Permission => ({
      action: `ssm:${action}`,
      resource: name.startsWith('arn:') ? name : this.#parameterArn(name),
    });
    return {
      GetParameter: operation(z.strictObject({ Name: z.string(), WithDecryption: z.boolean().optional() }), {
        authorize: ({ Name }) => [permission('GetParameter', Name)],
        perform: ({ Name }) => ({ Parameter: read(Name) }),
      }),
      GetParameters: operation(
        z.strictObject({ Names: z.array(z.string()).min(1).max(10), WithDecryption: z.boolean().optional() }),
        {
          authorize: ({ Names }) => Names.map((name) => permission('GetParameters', name)),
          perform: ({ Names }) => ({
            Parameters: Names.filter((name) => this.#parameters.has(name)).map(read),
            InvalidParameters: Names.filter((name) => !this.#parameters.has(name)),
          }),
        },
      ),
    };
  }

  #commandOperations(): Record<string, Operation> {
    const everything = (action: string) => () => [{ action: `ssm:${action}`, resource: '*' }];
    return {
      SendCommand: operation(
        z.strictObject({
          DocumentName: z.string(),
          InstanceIds: z.array(instanceId).max(50).optional(),
          Targets: targets.optional(),
          Parameters: z.record(z.string(), z.array(z.string())).default({}),
          TimeoutSeconds: z.number().int().min(30).max(2_592_000).default(3600),
          Comment: z.string().max(100).optional(),
          // Every host at once and all of them, whatever becomes of one: nothing else is simulated.
          MaxConcurrency: z.literal('100%').optional(),
          MaxErrors: z.literal('100%').optional(),
          // The agent writes the whole output there, under the instance's role.
          OutputS3BucketName: z.string().min(3).max(63).optional(),
          OutputS3KeyPrefix: z.string().max(500).optional(),
        }),
        {
          authorize: (input) => [
            { action: 'ssm:SendCommand', resource: this.#documentArn(input.DocumentName) },
            ...this.#targets(input).map((id) => this.#hostPermission(id)),
          ],
          perform: (input) => ({ Command: describedCommand(this.#send(input)) }),
        },
      ),
      CancelCommand: operation(
        z.strictObject({ CommandId: commandId, InstanceIds: z.array(instanceId).max(50).optional() }),
        {
          authorize: everything('CancelCommand'),
          perform: ({ CommandId, InstanceIds }) => {
            const command = this.#command(CommandId);
            for (const id of InstanceIds ?? []) {
              if (!command.invocations.some((invocation) => invocation.instanceId === id)) {
                throw new AwsError('InvalidInstanceId', `${id} is not a target of ${CommandId}`);
              }
            }
            for (const invocation of command.invocations) {
              if (InstanceIds === undefined || InstanceIds.includes(invocation.instanceId)) invocation.cancel();
            }
            return {};
          },
        },
      ),
      GetCommandInvocation: operation(
        z.strictObject({ CommandId: commandId, InstanceId: instanceId, PluginName: z.string().optional() }),
        {
          authorize: everything('GetCommandInvocation'),
          perform: ({ CommandId, InstanceId, PluginName }) => {
            const command = this.#commands.find(({ id }) => id === CommandId);
            const invocation = command?.invocations.find((candidate) => candidate.instanceId === InstanceId);
            if (command === undefined || invocation?.visible !== true) {
              throw new AwsError('InvocationDoesNotExist', `${CommandId} has no invocation on ${InstanceId}`);
            }
            if (PluginName !== undefined && PluginName !== command.document.stepName) {
              throw new AwsError('InvalidPluginName', `${command.document.name} has no step ${PluginName}`);
            }
            return invocationResult(command, invocation);
          },
        },
      ),
      ListCommands: operation(
        z.strictObject({
          CommandId: commandId.optional(),
          InstanceId: instanceId.optional(),
          Filters: z.array(commandFilter).min(1).max(5).optional(),
          ...page,
        }),
        {
          authorize: everything('ListCommands'),
          perform: ({ CommandId, InstanceId, Filters = [], ...paging }) => {
            const found = this.#commands.filter(
              (command) =>
                (CommandId === undefined || command.id === CommandId) &&
                (InstanceId === undefined ||
                  command.invocations.some((invocation) => invocation.instanceId === InstanceId)) &&
                Filters.every((filter) => passes(filter, command)),
            );
            if (CommandId !== undefined && found.length === 0) this.#command(CommandId);
            const { items, next } = paged(found.toReversed(), paging);
            return { Commands: items.map(describedCommand), ...next };
          },
        },
      ),
      ListCommandInvocations: operation(
        z.strictObject({
          CommandId: commandId.optional(),
          InstanceId: instanceId.optional(),
          Details: z.boolean().default(false),
          ...page,
        }),
        {
          authorize: everything('ListCommandInvocations'),
          perform: ({ CommandId, InstanceId, Details, ...paging }) => {
            const commands = CommandId === undefined ? this.#commands : [this.#command(CommandId)];
            const found = commands.flatMap((command) =>
              command.invocations
                .filter(({ visible, instanceId: id }) => visible && (InstanceId === undefined || id === InstanceId))
                .map((invocation): [Command, Invocation] => [command, invocation]),
            );
            const { items, next } = paged(found, paging);
            return {
              CommandInvocations: items.map(([command, one]) => describedInvocation(command, one, Details)),
              ...next,
            };
          },
        },
      ),
      DescribeInstanceInformation: operation(
        z.strictObject({
          Filters: z.array(z.strictObject({ Key: z.string(), Values: z.array(z.string()).min(1) })).default([]),
          MaxResults: z.number().int().min(5).max(50).default(50),
          NextToken: z.string().optional(),
        }),
        {
          authorize: everything('DescribeInstanceInformation'),
          perform: ({ Filters, ...paging }) => {
            const found = this.hosts().filter((host) => Filters.every(({ Key, Values }) => matches(host, Key, Values)));
            const { items, next } = paged(found, paging);
            return { InstanceInformationList: items.map((host) => this.#described(host)), ...next };
          },
        },
      ),
    };
  }

  #send(input: {
    readonly DocumentName: string;
    readonly InstanceIds?: readonly string[] | undefined;
    readonly Targets?: z.infer<typeof targets> | undefined;
    readonly Parameters: Readonly<Record<string, readonly string[]>>;
    readonly TimeoutSeconds: number;
    readonly Comment?: string | undefined;
    readonly OutputS3BucketName?: string | undefined;
    readonly OutputS3KeyPrefix?: string | undefined;
  }): Command {
    const { DocumentName, InstanceIds, Targets, Parameters, TimeoutSeconds, Comment } = input;
    const document = this.#documents.get(DocumentName.replace(/^arn:[^:]+:ssm:[^:]*:[^:]*:document\//, ''));
    if (document === undefined)
      throw new AwsError('InvalidDocument', `Document with name ${DocumentName} does not exist.`);
    if ((InstanceIds === undefined) === (Targets === undefined)) {
      throw new AwsError('InvalidParameters', 'Give either InstanceIds or Targets');
    }
    const ids = this.#targets(input);
    if (new Set(ids).size !== ids.length) throw new AwsError('DuplicateInstanceId', 'An instance id is there twice');
    const strangers = ids.filter((id) => this.#host(id) === undefined);
    if (strangers.length > 0) {
      throw new AwsError(
        'InvalidInstanceId',
        `Instances [[${strangers.join(', ')}]] not in a valid state for account ${this.place.account}`,
      );
    }
    if (InstanceIds?.length === 0) throw new AwsError('InvalidInstanceId', 'No instance is given');
    const bucket = input.OutputS3BucketName;
    const options = {
      document,
      given: Parameters,
      comment: Comment,
      deliverySeconds: TimeoutSeconds,
      output: bucket === undefined ? undefined : { bucket, prefix: input.OutputS3KeyPrefix },
      upload: this.upload,
    };
    const command = new Command(options, ids, (id) => this.#host(id), this.clock);
    this.#commands.push(command);
    return command;
  }

  #targets(input: {
    readonly InstanceIds?: readonly string[] | undefined;
    readonly Targets?: z.infer<typeof targets> | undefined;
  }): readonly string[] {
    if (input.InstanceIds !== undefined) return input.InstanceIds;
    const { Targets } = input;
    if (Targets === undefined) return [];
    return this.hosts()
      .filter((host) => Targets.every(({ Key, Values }) => matches(host, Key, Values)))
      .map((host) => host.instanceId);
  }

  #hostPermission(id: string): Permission {
    const tags = Object.entries(this.#host(id)?.tags ?? {}).flatMap(([key, value]): [string, string][] => [
      [`ssm:resourceTag/${key}`, value],
      [`aws:ResourceTag/${key}`, value],
    ]);
    const known: Record<string, string> = Object.fromEntries(tags);
    return {
      action: 'ssm:SendCommand',
      resource: id.startsWith('mi-')
        ? regionalArn(this.place, 'ssm', `managed-instance/${id}`)
        : regionalArn(this.place, 'ec2', `instance/${id}`),
      context: { 'ssm:resourceTag/': [], 'aws:ResourceTag/': [], ...known },
    };
  }

  #described(host: ManagedHost): object {
    return {
      InstanceId: host.instanceId,
      PingStatus: host.online ? 'Online' : 'ConnectionLost',
      LastPingDateTime: new Date(this.clock.now().at),
      AgentVersion: host.agentVersion,
      PlatformType: 'Linux',
      ResourceType: 'EC2Instance',
      ...(host.computerName === undefined ? {} : { ComputerName: host.computerName }),
      ...(host.ipAddress === undefined ? {} : { IPAddress: host.ipAddress }),
    };
  }

  #host(id: string): ManagedHost | undefined {
    return this.hosts().find((host) => host.instanceId === id);
  }

  #command(id: string): Command {
    const command = this.#commands.find((candidate) => candidate.id === id);
    if (command === undefined) throw new AwsError('InvalidCommandId', `There is no command ${id}`);
    return command;
  }

  #parameterArn(name: string): string {
    return regionalArn(this.place, 'ssm', `parameter${name.startsWith('/') ? name : `/${name}`}`);
  }

  #documentArn(name: string): string {
    return name.startsWith('arn:') ? name : regionalArn(this.place, 'ssm', `document/${name}`);
  }
}

function matches(host: ManagedHost, key: string, values: readonly string[]): boolean {
  if (key === 'InstanceIds') return values.includes(host.instanceId);
  if (key === 'PingStatus') return values.includes(host.online ? 'Online' : 'ConnectionLost');
  if (!key.startsWith('tag:')) throw new AwsError('InvalidFilterKey', `The filter ${key} is not simulated`);
  const tag = host.tags[key.slice('tag:'.length)];
  return tag !== undefined && values.includes(tag);
}

function paged<T>(
  found: readonly T[],
  { MaxResults, NextToken }: { MaxResults: number; NextToken?: string | undefined },
): { items: readonly T[]; next: { NextToken?: string } } {
  const from = Number(NextToken ?? 0);
  if (!Number.isInteger(from)) throw new AwsError('InvalidNextToken', 'The token is not one of this call');
  const next = from + MaxResults;
  return { items: found.slice(from, next), next: next < found.length ? { NextToken: String(next) } : {} };
}
