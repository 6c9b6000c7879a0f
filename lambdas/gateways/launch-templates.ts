import {
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { LaunchTemplateUnfitError } from '../../contract/errors';
import { releaseIn } from '../../contract/user-data';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** EC2: versions of launch templates. */

const ec2 = () => client(EC2Client);

export interface TemplateVersion {
  readonly number: string;
  readonly description: string;
  /** The id of an image, or `resolve:ssm:` and the parameter that names it; empty where the version names none. */
  readonly image: string;
  /** As text, decoded. */
  readonly userData: string;
}

const versionSchema = z.object({
  VersionNumber: z.number().int(),
  VersionDescription: z.string().default(''),
  LaunchTemplateData: z
    .object({ ImageId: z.string().default(''), UserData: z.string().default('') })
    .default({ ImageId: '', UserData: '' }),
});
const decoded = (given: unknown): TemplateVersion => {
  const version = parse(versionSchema, given, 'a version of a launch template');
  return {
    number: String(version.VersionNumber),
    description: version.VersionDescription,
    image: version.LaunchTemplateData.ImageId,
    userData: Buffer.from(version.LaunchTemplateData.UserData, 'base64').toString('utf8'),
  };
};

const missing = {
  'InvalidLaunchTemplateId.NotFound': (cause: Error) => new LaunchTemplateUnfitError(cause.message, { cause }),
  'InvalidLaunchTemplateId.VersionNotFound': (cause: Error) => new LaunchTemplateUnfitError(cause.message, { cause }),
};

/**
 * All versions of a launch template, newest first (EC2 DescribeLaunchTemplateVersions, all pages).
 * @throws LaunchTemplateUnfitError where there is no such template
 */
export async function templateVersions(templateId: string): Promise<TemplateVersion[]> {
  const versions: TemplateVersion[] = [];
  let next: string | undefined;
  do {
    const page = await callAws(
      `ec2:DescribeLaunchTemplateVersions ${templateId}`,
      () =>
        ec2().send(
          new DescribeLaunchTemplateVersionsCommand({
            LaunchTemplateId: templateId,
            ...(next !== undefined && { NextToken: next }),
          }),
        ),
      missing,
    );
    versions.push(...(page.LaunchTemplateVersions ?? []).map(decoded));
    next = page.NextToken;
  } while (next !== undefined);
  return versions.toSorted((one, other) => Number(other.number) - Number(one.number));
}

/** One version by its number. @throws LaunchTemplateUnfitError where there is none */
export async function templateVersion(templateId: string, number: string): Promise<TemplateVersion> {
  const answer = await callAws(
    `ec2:DescribeLaunchTemplateVersions ${templateId}`,
    () => ec2().send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [number] })),
    missing,
  );
  const [found] = answer.LaunchTemplateVersions ?? [];
  if (found === undefined) throw new LaunchTemplateUnfitError(`${templateId} has no version ${number}.`);
  return decoded(found);
}

/** The release that a version boots. @throws LaunchTemplateUnfitError where its user data does not name exactly one */
export function releaseOf(templateId: string, { number, userData }: TemplateVersion, variable: string): string {
  const release = releaseIn(userData, variable);
  if (release !== null) return release;
  throw new LaunchTemplateUnfitError(
    `The user data of version ${number} of ${templateId} should have exactly one line ${variable}=<tag>.`,
  );
}

/**
 * Makes a version from another one (EC2 CreateLaunchTemplateVersion). The token makes a repeated call find what the first one
 * made.
 * @param userData as text; null for the source's
 * @returns its number
 */
export async function createTemplateVersion(
  templateId: string,
  from: { readonly sourceVersion: string; readonly userData: string | null },
  as: { readonly description: string; readonly token: string },
): Promise<string> {
  const answer = await callAws(
    `ec2:CreateLaunchTemplateVersion ${templateId}`,
    () =>
      ec2().send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId: templateId,
          SourceVersion: from.sourceVersion,
          VersionDescription: as.description,
          ClientToken: as.token,
          LaunchTemplateData:
            from.userData === null ? {} : { UserData: Buffer.from(from.userData, 'utf8').toString('base64') },
        }),
      ),
    missing,
  );
  return decoded(answer.LaunchTemplateVersion).number;
}

/** Deletes versions; one that is gone already is no error (EC2 DeleteLaunchTemplateVersions). @returns what AWS would not delete */
export async function deleteTemplateVersions(templateId: string, numbers: readonly string[]): Promise<string[]> {
  if (numbers.length === 0) return [];
  const refused = await callAws(`ec2:DeleteLaunchTemplateVersions ${templateId}`, async () => {
    try {
      const answer = await ec2().send(
        new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [...numbers] }),
      );
      return answer.UnsuccessfullyDeletedLaunchTemplateVersions ?? [];
    } catch (error) {
      if (isAwsError(error, 'InvalidLaunchTemplateId.VersionNotFound')) return [];
      throw error;
    }
  });
  return refused
    .filter(({ ResponseError }) => ResponseError?.Code !== 'launchTemplateVersionDoesNotExist')
    .map(
      ({ VersionNumber, ResponseError }) => `version ${VersionNumber ?? '?'}: ${ResponseError?.Message ?? 'refused'}`,
    );
}
