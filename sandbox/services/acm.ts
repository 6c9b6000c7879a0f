import * as z from 'zod';
import { operation } from './operation';
import { AwsError, type SimulatedService } from './service';

interface Kept {
  readonly domain: string;
  notAfter: Date;
}

/** AWS Certificate Manager: certificates that were issued, and until when they are valid. */
export class CertificateManager implements SimulatedService {
  readonly name = 'ACM';
  readonly standIn = {
    name: 'AWS Certificate Manager',
    instead: 'certificates in memory: a name, and until when they are valid',
    differs: 'the listener serves no TLS with them; none is issued, renewed or imported',
  };
  readonly #certificates = new Map<string, Kept>();

  add(arn: string, domain: string, notAfter: Date): void {
    this.#certificates.set(arn, { domain, notAfter });
  }

  readonly operations = {
    DescribeCertificate: operation(z.strictObject({ CertificateArn: z.string() }), {
      invalid: 'ValidationException',
      authorize: ({ CertificateArn }) => [{ action: 'acm:DescribeCertificate', resource: CertificateArn }],
      perform: ({ CertificateArn }) => {
        const found = this.#certificates.get(CertificateArn);
        if (found === undefined)
          throw new AwsError('ResourceNotFoundException', `Could not find certificate ${CertificateArn}.`);
        return {
          Certificate: {
            CertificateArn,
            DomainName: found.domain,
            Status: found.notAfter.getTime() > Date.now() ? 'ISSUED' : 'EXPIRED',
            Type: 'AMAZON_ISSUED',
            NotAfter: found.notAfter,
          },
        };
      },
    }),
  };
}
