import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { descriptionSchema, unstored, type Description } from '../../contract/description';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});

/** The stack stores no description, or not one that the functions could read. */
export class DescriptionMissingError extends Error {
  override readonly name = 'DescriptionMissingError';
}

/**
 * What the stack's functions will read about the application: the world that a drill builds is made from the same words.
 * @param assembly the folder of a synthesized app
 */
export function deployedDescription(assembly: string, stack: string): Description {
  const template = templateSchema.parse(JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8')));
  const values = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::SSM::Parameter')
    .flatMap(({ Properties }) => (typeof Properties?.['Value'] === 'string' ? [Properties['Value']] : []));
  const [value] = values;
  if (value === undefined || values.length > 1)
    throw new DescriptionMissingError(`${stack} stores ${values.length} descriptions, not one`);
  return descriptionSchema.parse(JSON.parse(unstored(value)));
}
