import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { environment } from '../runtime/environment';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Where in the bucket the report of a run is; the HTML lies beside the JSON. */
export const reportKey = (runId: string, kind: 'json' | 'html' = 'json') => `reports/${runId}/report.${kind}`;
/** Under which prefix of the bucket hosts put the output of a run's commands. */
export const outputPrefix = (runId: string | null) => `commands/${runId ?? 'probes'}`;

async function put(key: string, body: string, type: string): Promise<void> {
  const bucket = environment('reportBucket');
  await callAws(`s3:PutObject ${bucket}/${key}`, () =>
    client(S3Client).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: type })),
  );
}

/**
 * Puts the report of a run, again where it is there already. @returns the key of the JSON.
 * The HTML is put first: whoever finds the JSON finds both.
 */
export async function putReport(runId: string, report: { json: string; html: string }): Promise<string> {
  await put(reportKey(runId, 'html'), report.html, 'text/html; charset=utf-8');
  await put(reportKey(runId), report.json, 'application/json');
  return reportKey(runId);
}
