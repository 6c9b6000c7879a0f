import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from '../../../sandbox/databases';

let folder: string;
let authority: CertificateAuthority;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeboat-ca-'));
  authority = await CertificateAuthority.create(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the authority vouches for itself and is an authority', async () => {
  const ca = new X509Certificate(await readFile(authority.certificateFile));
  expect(ca.ca).toBe(true);
  expect(ca.verify(ca.publicKey)).toBe(true);
  expect(authority.certificate).toBe(ca.toString());
});

test('a server certificate is for its names and addresses and no others', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.rds.example`;
  const { certificate, key } = authority.issue([long, 'db.example', '127.0.7.3']);
  const server = new X509Certificate(certificate);
  const ca = new X509Certificate(authority.certificate);
  expect(server.verify(ca.publicKey)).toBe(true);
  expect(server.checkIssued(ca)).toBe(true);
  expect(server.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkHost(long)).toBe(long);
  expect(server.checkHost('db.example')).toBe('db.example');
  expect(server.checkIP('127.0.7.3')).toBe('127.0.7.3');
  expect(server.checkHost('other.example')).toBeUndefined();
  expect(server.checkIP('127.0.7.4')).toBeUndefined();
  expect(new Date(server.validTo).getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
});

test('another authority does not vouch for it', async () => {
  const other = await CertificateAuthority.create(join(folder, 'other'));
  const server = new X509Certificate(authority.issue(['db.example']).certificate);
  expect(server.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
});
