import * as z from 'zod';

/** What several parts of a description are made of. */

export const slug = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,30}[a-z0-9]$/,
    'should be 3 to 32 lower-case letters, digits and hyphens, e.g. interview-drills',
  );
export const arn = (service: string) =>
  z
    .string()
    .regex(
      new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:[0-9]*:.+$`),
      `should be an ARN of ${service}, e.g. arn:aws:${service}:…`,
    );
export const domainName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]+$/, 'should be a domain name in lower case without the last dot');
export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'should be a region, e.g. us-east-1');
/** RDS, naming constraints. */
export const instance = z
  .string()
  .max(63)
  .regex(/^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/, 'should be the identifier of a database instance in lower case');
