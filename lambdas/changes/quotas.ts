import type { Check } from '../../contract/run';
import { rdsQuota } from '../gateways/rds-quotas';

/**
 * Whether a quota of RDS leaves room.
 * @param more how much the change will take of it, in the quota's own unit; @param words the same for people
 */
export async function quotaCheck(quota: string, more: number, words: string): Promise<Check> {
  const common = { name: `quota ${quota}`, evidence: 'rds:DescribeAccountAttributes' };
  const found = await rdsQuota(quota);
  if (found === null) {
    const actual = `RDS tells no quota of the name ${quota}`;
    return { ...common, status: 'not-checkable', expected: `room for ${words}`, actual };
  }
  return {
    ...common,
    status: found.used + more <= found.maximum ? 'passed' : 'failed',
    expected: `room for ${words}`,
    actual: `${found.used} of ${found.maximum} used`,
  };
}
