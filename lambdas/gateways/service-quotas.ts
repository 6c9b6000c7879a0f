import { ListServiceQuotasCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Check } from '../../contract/run';
import { callAws } from './aws-errors';
import { client } from './clients';

/**
 * The account's own quotas of a service, by the names under which its guide lists them (Service Quotas ListServiceQuotas,
 * all pages). One that nobody has raised may be missing from it.
 */
async function quotasOf(service: string): Promise<ReadonlyMap<string, number>> {
  const quotas = new Map<string, number>();
  let next: string | undefined;
  do {
    const page = await callAws(`servicequotas:ListServiceQuotas ${service}`, () =>
      client(ServiceQuotasClient).send(
        new ListServiceQuotasCommand({
          ServiceCode: service,
          MaxResults: 100,
          ...(next !== undefined && { NextToken: next }),
        }),
      ),
    );
    for (const { QuotaName, Value } of page.Quotas ?? [])
      if (QuotaName !== undefined && Value !== undefined) quotas.set(QuotaName, Value);
    next = page.NextToken;
  } while (next !== undefined);
  return quotas;
}

/**
 * Whether a quota of the account leaves room for one more, by Service Quotas.
 * @param quota by the name that the service's guide lists; @param used how much of it is used; @param words for people
 */
export async function accountQuota(service: string, quota: string, used: number, words: string): Promise<Check> {
  const maximum = (await quotasOf(service)).get(quota);
  const common = { name: `quota ${quota}`, expected: `room for ${words}`, evidence: 'servicequotas:ListServiceQuotas' };
  if (maximum === undefined)
    return { ...common, status: 'not-checkable', actual: `Service Quotas lists none of that name for ${service}` };
  return { ...common, status: used < maximum ? 'passed' : 'failed', actual: `${used} of ${maximum} used` };
}
