import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import * as z from 'zod';
import { CertificateExpiredError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

export interface Certificate {
  /** `ISSUED`, `EXPIRED`, `REVOKED`, … */
  readonly status: string;
  readonly notAfter: Date;
}

const certificateSchema = z.object({ Status: z.string(), NotAfter: z.date() });

/** A certificate of ACM (DescribeCertificate). @throws CertificateExpiredError where there is none, or none that was issued */
export async function certificate(arn: string): Promise<Certificate> {
  const answer = await callAws(
    `acm:DescribeCertificate ${arn}`,
    () => client(ACMClient).send(new DescribeCertificateCommand({ CertificateArn: arn })),
    { ResourceNotFoundException: (cause) => new CertificateExpiredError(`${arn} is not there.`, { cause }) },
  );
  const status = answer.Certificate?.Status ?? 'unknown';
  // One that was never issued has no dates.
  if (status !== 'ISSUED' && answer.Certificate?.NotAfter === undefined)
    throw new CertificateExpiredError(`${arn} is ${status}.`);
  const { Status, NotAfter } = parse(certificateSchema, answer.Certificate, `the certificate ${arn}`);
  return { status: Status, notAfter: NotAfter };
}
