import { reportSchema, type Report } from '../../contract/report';
import { type Deployment } from '../deployment';

/** The bucket of reports of a deployed stack. */
export function reportBucketOf({ stack }: Deployment): string {
  const found = [...stack.resources.values()].find(({ type }) => type === 'AWS::S3::Bucket');
  if (found === undefined) throw new TypeError('the stack has no bucket of reports');
  return found.ref;
}

/** The report that settling wrote, as it lies in the bucket. */
export function reportOf(deployment: Deployment, runId: string): Report {
  const stored = deployment.objects(reportBucketOf(deployment)).find(({ key }) => key.endsWith(`${runId}/report.json`));
  if (stored === undefined) throw new TypeError(`settling wrote no report of ${runId}`);
  return reportSchema.parse(JSON.parse(stored.body.toString('utf8')));
}
