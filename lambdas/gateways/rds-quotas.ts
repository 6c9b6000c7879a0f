import { DescribeAccountAttributesCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

const quotaSchema = z.object({ AccountQuotaName: z.string(), Used: z.number(), Max: z.number() });

export interface Quota {
  readonly used: number;
  readonly maximum: number;
}

/** What this account and region have used of a quota (RDS DescribeAccountAttributes); null where RDS tells none of that name. */
export async function rdsQuota(name: string): Promise<Quota | null> {
  const { AccountQuotas = [] } = await callAws('rds:DescribeAccountAttributes', () =>
    client(RDSClient).send(new DescribeAccountAttributesCommand({})),
  );
  const found = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === name);
  if (found === undefined) return null;
  const { Used, Max } = parse(quotaSchema, found, `the quota ${name}`);
  return { used: Used, maximum: Max };
}
