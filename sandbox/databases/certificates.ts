/**
 * A certificate authority for the servers, so that `sslmode=verify-full` is rehearsed and not switched off. Written
 * with `node:crypto` alone: a laptop may have no openssl, and the two certificates needed are a page of DER (RFC 5280).
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';

export interface IssuedCertificate {
  /** PEM of the server's certificate. */
  readonly certificate: string;
  /** PEM (PKCS #8) of its private key. */
  readonly key: string;
}

const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
} as const;

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length < 0x100 ? [body.length] : [body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), body]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const octets = (content: Buffer) => der(0x04, content);
const bits = (content: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), content);
const named = (name: string) =>
  sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name.slice(0, 64), 'utf8')))));
const utcTime = (at: Date) =>
  der(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`, 'ascii'));

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), octets(value));
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const subjectPublicKey = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const keyIdentifier = (key: KeyObject) => createHash('sha1').update(subjectPublicKey(key)).digest();

interface Order {
  readonly subject: string;
  readonly issuer: string;
  readonly subjectKey: KeyObject;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly valid?: Validity | undefined;
}

/** From when until when a certificate is valid. */
export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const DAY = 86_400_000;

function certificate(order: Order): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive, and no leading zero
  const { from, to } = order.valid ?? { from: new Date(Date.now() - DAY), to: new Date(Date.now() + 365 * DAY) };
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    algorithm,
    named(order.issuer),
    sequence(utcTime(from), utcTime(to)),
    named(order.subject),
    subjectPublicKey(order.subjectKey),
    der(0xa3, sequence(...order.extensions)),
  );
  return pem('CERTIFICATE', sequence(content, algorithm, bits(sign('sha256', content, order.issuerKey))));
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export class CertificateAuthority {
  private constructor(
    /** File with the authority's certificate (PEM, readable by all): what a client gives as `sslrootcert`. */
    readonly certificateFile: string,
    /** The same as text. */
    readonly certificate: string,
    private readonly name: string,
    private readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  ) {}

  /**
   * A new authority. Its private key stays in this process's memory.
   * @param folder gets `ca.pem`
   */
  static async create(folder: string, name = 'Lifeboat sandbox CA'): Promise<CertificateAuthority> {
    const keys = newKeys();
    const text = certificate({
      subject: name,
      issuer: name,
      subjectKey: keys.publicKey,
      issuerKey: keys.privateKey,
      extensions: [
        extension(OID.basicConstraints, true, sequence(der(0x01, Buffer.from([0xff])))),
        extension(OID.keyUsage, true, bits(Buffer.from([0x06]), 1)), // keyCertSign, cRLSign
        extension(OID.subjectKeyIdentifier, false, octets(keyIdentifier(keys.publicKey))),
      ],
    });
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'ca.pem');
    await writeFile(file, text);
    await chmod(file, 0o644);
    return new CertificateAuthority(file, text, name, keys);
  }

  /**
   * A server's certificate.
   * @param names DNS names and IPv4 addresses by which clients may verify the server, and no others
   * @param valid a year from yesterday unless given
   */
  issue(names: readonly [string, ...string[]], valid?: Validity): IssuedCertificate {
    const keys = newKeys();
    const alternatives = names.map((name) =>
      isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name, 'ascii')),
    );
    const text = certificate({
      subject: names[0],
      valid,
      issuer: this.name,
      subjectKey: keys.publicKey,
      issuerKey: this.keys.privateKey,
      extensions: [
        extension(OID.basicConstraints, true, sequence()),
        extension(OID.keyUsage, true, bits(Buffer.from([0x80]), 7)), // digitalSignature
        extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
        extension(OID.subjectAltName, false, sequence(...alternatives)),
        extension(OID.subjectKeyIdentifier, false, octets(keyIdentifier(keys.publicKey))),
        extension(OID.authorityKeyIdentifier, false, sequence(der(0x80, keyIdentifier(this.keys.publicKey)))),
      ],
    });
    return { certificate: text, key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }
}
