import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError } from '../service';

/** What an instance is launched with. Everything else of a launch template is refused by name. */
const dataSchema = z.strictObject({
  /** An image, or the parameter of Systems Manager that names one (EC2 guide, Use a Systems Manager parameter instead of an AMI ID). */
  ImageId: z
    .string()
    .regex(/^(ami-[0-9a-f]{8,17}|resolve:ssm:[\w./-]+)$/)
    .optional(),
  InstanceType: z.string().optional(),
  IamInstanceProfile: z.strictObject({ Name: z.string() }).optional(),
  SecurityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]{8,17}$/)).optional(),
  /** Tags of what a launch makes; whoever launches needs the right to give them. */
  TagSpecifications: z
    .array(
      z.strictObject({
        ResourceType: z.enum(['instance', 'volume', 'network-interface']),
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).min(1),
      }),
    )
    .optional(),
  /** In base64, at most 16 KB before it is encoded (EC2 guide, User data). */
  UserData: z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').length <= 16_384, 'User data is limited to 16384 bytes')
    .optional(),
});
export type TemplateData = z.infer<typeof dataSchema>;

export interface TemplateVersion {
  readonly number: number;
  readonly description: string | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly data: TemplateData;
}

interface Template {
  readonly id: string;
  readonly name: string;
  /** By number; a number is never given again. */
  readonly versions: Map<number, TemplateVersion>;
  last: number;
  readonly tags: Readonly<Record<string, string>>;
}

const invalid = 'InvalidParameterValue';
const versionNumber = z.string().regex(/^[1-9][0-9]*$/, 'has to be the number of a version');
const templateId = z.string().regex(/^lt-[0-9a-f]{8,17}$/, 'is not the id of a launch template');
/** `$Latest` and `$Default` are answered by DescribeLaunchTemplateVersions. */
const asked = z.union([versionNumber, z.enum(['$Latest', '$Default'])]);

/** Launch templates of EC2 with their versions, which never change. */
export class LaunchTemplates {
  readonly #templates = new Map<string, Template>();
  /** What a client token was used for first, by template: the same again makes nothing (EC2 guide, Idempotency). */
  readonly #tokens = new Map<string, { readonly input: unknown; readonly number: number }>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  /** A template with its first version, as somebody has made it before. */
  add(given: { id: string; name: string; data: TemplateData; tags?: Readonly<Record<string, string>> }): void {
    const { id, name, data, tags = {} } = given;
    const template = { id, name, versions: new Map<number, TemplateVersion>(), last: 0, tags };
    this.#templates.set(id, template);
    this.#version(template, data, 'operator', undefined);
  }

  /** A further version, made by somebody outside of any run. @returns its number */
  addVersion(id: string, data: TemplateData, description?: string): number {
    const template = this.#template(id);
    const source = template.versions.get(template.last);
    return this.#version(template, { ...source?.data, ...data }, 'operator', description).number;
  }

  /** What to launch with. @throws AwsError where there is none such */
  version(id: string, number: string): TemplateVersion {
    const template = this.#template(id);
    const wanted = number === '$Latest' ? template.last : number === '$Default' ? 1 : Number(number);
    const found = template.versions.get(wanted);
    if (found === undefined)
      throw new AwsError(
        'InvalidLaunchTemplateId.VersionNotFound',
        `Could not find the specified version ${number} for the launch template with ID ${id}.`,
      );
    return found;
  }

  versionsOf(id: string): readonly TemplateVersion[] {
    return [...this.#template(id).versions.values()];
  }

  nameOf(id: string): string {
    return this.#template(id).name;
  }

  /** What instances of it are launched with; undefined where there is no such version. */
  dataOf(id: string, number: string): TemplateData | undefined {
    return this.#templates.get(id)?.versions.get(Number(number))?.data;
  }

  arn(id: string): string {
    return regionalArn(this.place, 'ec2', `launch-template/${id}`);
  }

  /** What a policy may ask of a template. */
  context(id: string): Record<string, string> {
    const tags = Object.entries(this.#templates.get(id)?.tags ?? {});
    return Object.fromEntries(
      tags.flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        [`ec2:ResourceTag/${key}`, value],
      ]),
    );
  }

  readonly operations = {
    DescribeLaunchTemplateVersions: operation(
      z.strictObject({ LaunchTemplateId: templateId, Versions: z.array(asked).min(1).max(200).optional() }),
      {
        invalid,
        authorize: () => [{ action: 'ec2:DescribeLaunchTemplateVersions', resource: '*' }],
        perform: ({ LaunchTemplateId: id, Versions }) => {
          const found =
            Versions === undefined ? this.versionsOf(id) : Versions.map((number) => this.version(id, number));
          return {
            LaunchTemplateVersions: found
              .toSorted((one, other) => other.number - one.number)
              .map((version) => this.#described(this.#template(id), version)),
          };
        },
      },
    ),
    CreateLaunchTemplateVersion: operation(
      z.strictObject({
        LaunchTemplateId: templateId,
        SourceVersion: versionNumber.optional(),
        VersionDescription: z.string().max(255).optional(),
        ClientToken: z.string().max(128).optional(),
        LaunchTemplateData: dataSchema,
      }),
      {
        invalid,
        authorize: ({ LaunchTemplateId: id }) => [
          { action: 'ec2:CreateLaunchTemplateVersion', resource: this.arn(id), context: this.context(id) },
        ],
        perform: (input, { roleArn }) => {
          const { LaunchTemplateId: id, SourceVersion, VersionDescription, ClientToken, LaunchTemplateData } = input;
          const template = this.#template(id);
          const token = ClientToken === undefined ? undefined : `${id} ${ClientToken}`;
          const used = token === undefined ? undefined : this.#tokens.get(token);
          if (used !== undefined && !isDeepStrictEqual(used.input, input))
            throw new AwsError('IdempotentParameterMismatch', 'The client token was used with other parameters.');
          const known = used === undefined ? undefined : template.versions.get(used.number);
          if (known !== undefined) return { LaunchTemplateVersion: this.#described(template, known) };
          const source = SourceVersion === undefined ? {} : this.version(id, SourceVersion).data;
          const data = { ...source, ...LaunchTemplateData };
          const made = this.#version(template, data, roleArn, VersionDescription);
          if (token !== undefined) this.#tokens.set(token, { input, number: made.number });
          return { LaunchTemplateVersion: this.#described(template, made) };
        },
      },
    ),
    DeleteLaunchTemplateVersions: operation(
      z.strictObject({ LaunchTemplateId: templateId, Versions: z.array(versionNumber).min(1).max(200) }),
      {
        invalid,
        authorize: ({ LaunchTemplateId: id }) => [
          { action: 'ec2:DeleteLaunchTemplateVersions', resource: this.arn(id), context: this.context(id) },
        ],
        // It answers for each version by itself, and is no error where none was deleted (EC2 API).
        perform: ({ LaunchTemplateId: id, Versions }) => {
          const template = this.#template(id);
          const one = (number: string) => ({
            LaunchTemplateId: id,
            LaunchTemplateName: template.name,
            VersionNumber: Number(number),
          });
          const refused = (number: string) =>
            number === '1'
              ? { Code: 'unexpectedError' as const, Message: 'You cannot delete the default version.' }
              : template.versions.has(Number(number))
                ? undefined
                : { Code: 'launchTemplateVersionDoesNotExist' as const, Message: `There is no version ${number}.` };
          const failed = Versions.flatMap((number) => {
            const ResponseError = refused(number);
            return ResponseError === undefined ? [] : [{ ...one(number), ResponseError }];
          });
          const gone = Versions.filter((number) => refused(number) === undefined);
          for (const number of gone) template.versions.delete(Number(number));
          return {
            SuccessfullyDeletedLaunchTemplateVersions: gone.map(one),
            UnsuccessfullyDeletedLaunchTemplateVersions: failed,
          };
        },
      },
    ),
  };

  #version(template: Template, data: TemplateData, by: string, description: string | undefined): TemplateVersion {
    template.last += 1;
    const createdAt = new Date(this.clock.now().at);
    const version = { number: template.last, description, createdAt, createdBy: by, data };
    template.versions.set(version.number, version);
    return version;
  }

  #template(id: string): Template {
    const template = this.#templates.get(id);
    if (template === undefined)
      throw new AwsError(
        'InvalidLaunchTemplateId.NotFound',
        `The specified launch template, with template ID ${id}, does not exist.`,
      );
    return template;
  }

  #described({ id, name }: Template, version: TemplateVersion): object {
    const { number, description, createdAt, createdBy, data } = version;
    return {
      LaunchTemplateId: id,
      LaunchTemplateName: name,
      VersionNumber: number,
      ...(description === undefined ? {} : { VersionDescription: description }),
      CreateTime: createdAt,
      CreatedBy: createdBy,
      DefaultVersion: number === 1,
      LaunchTemplateData: data,
    };
  }
}
