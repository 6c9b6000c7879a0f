import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { documentNames, documents, type DocumentName } from '../../contract/documents';
import { loadDocument } from '../../documents/load';

const folder = path.join(__dirname, '../../documents');
const files = (extension: string): string[] =>
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort();
const script = (name: DocumentName): string => loadDocument(name).content.mainSteps[0].inputs.runCommand.join('\n');

/** What each parameter has to take. What it has to refuse is below, the same for all. */
const good: Readonly<Record<string, readonly string[]>> = {
  VolumeGroup: ['vg0', 'data-vg'],
  LogicalVolume: ['interview-app', 'root'],
  Snapshot: ['lifeboat-20261123T021340', 'interview-app-snap'],
  Safety: ['lifeboat-20261123T021340-before'],
  Chosen: ['', 'lifeboat-20261123T021340'],
  MountPoint: ['/var/www', '/srv'],
  MountUnit: ['var-www.mount', 'srv.mount'],
  Run: ['drill-20261123T021340-ab12', 'a_b'],
  Expires: ['2026-12-07'],
  Today: ['2026-11-23'],
  Megabytes: ['16', '1024'],
  Seconds: ['60', '10800'],
  Keep: ['3'],
  AllowRepair: ['yes', 'no'],
  Services: ['nginx', 'nginx interview-app', 'getty@tty1.service a b c d e f g'],
  Folder: ['/var/www/interview-app', '/srv'],
  HealthUrl: ['http://localhost:3000/api/health', 'https://a.example/'],
  Requests: ['1', '100'],
  Tests: ['none', 'test:critical', 'test:integration'],
  ConsistencyScript: ['none', 'scripts/validate-data-consistency.sh'],
  Releases: ['/var/www/releases'],
  MetricsUrl: ['http://localhost:3000/api/metrics'],
  Release: ['v1.2.0', '2026-11-23_1'],
  Target: ['v1.2.0', 'v1.2.0.2'],
  Version: ['1.2.0', '20261123_1'],
  Applied: ['1.3.0', '1.3.0 1.2.0 1.1.0'],
  Artefacts: ['', 's3://bucket-1', 's3://bucket.a/releases/app_1'],
  Carried: ['', '.env.production', 'config/production.json .env.production'],
  RequireHealth: ['yes', 'no'],
  Attempts: ['1', '100'],
  SecondsBetween: ['0', '30'],
  Address: ['db.app.test', 'x1.abc.eu-west-1.rds.amazonaws.com'],
  Endpoint: ['x1.abc.eu-west-1.rds.amazonaws.com'],
  Port: ['5432', '15432'],
  Database: ['interview_app', '_x'],
  SslMode: ['require', 'verify-ca', 'verify-full'],
  CaFile: ['/etc/ssl/certs/rds-global-bundle.pem'],
  MasterSecretArn: ['arn:aws:secretsmanager:us-east-1:123456789012:secret:interview-drills/drill/master-a1b2c3'],
  StatementTimeoutSeconds: ['10', '240', '1700', '99999'],
  SchemaVersion: ['schema_migrations.version'],
  Checks: ['users:id:email,name', 'users:id: e:id:user_id:41|references=user_id>users.id|range=score>-1..100'],
  Logins: ['app=arn:aws:secretsmanager:us-east-1:123456789012:secret:a/b-a1b2c3 b=arn:aws:x'],
  Grantees: ['', 'PUBLIC', 'PUBLIC app app-reports'],
  Root: ['/', '/mnt/disk'],
  Files: [
    'application|json|/var/www/interview-app/config/production.json|production.json|interview-app:restart',
    'tls|certificate|/etc/ssl/a/tls.crt|tls/tls.crt|nginx:reload,b@1.service:restart tls-key|key|/etc/ssl/a/tls.key|tls/tls.key|',
  ],
  Secrets: ['', 'environment|SESSION_SECRET|arn:aws:secretsmanager:us-east-1:123456789012:secret:a/b-a1b2c3|secret'],
  Region: ['eu-west-1', 'us-gov-east-1'],
  Bucket: ['', 'interview-drills-configuration'],
  Prefix: ['', 'drill/', 'a/b/'],
  Versions: ['2026-11-23T02:13:40Z=application:3HL4kqCx_.x-,tls:- backup=application:x', 'a=b:null'],
  Kept: ['/var/backups/lifeboat'],
  HealthUrls: ['', 'http://localhost:3000/api/health http://localhost/api/health'],
  BackupFolder: ['/backup', '/srv/backups/nightly'],
  NotAfter: ['', '2026-11-23T02:13:40Z', '2026-11-23T02:13:40.123456Z'],
  OnlyBackup: ['', 'db_20261123.sql.gz'],
  BackupName: ['db_20261123.sql.gz', 'lifeboat_drill-1_expires_2026-12-07.dump'],
  SafetyBackup: ['yes', 'no'],
  Serving: ['/var/www/interview-app'],
  Objects: ['', 'nightly/files_1.tar.gz=3HL4kqCx_.x-', 'a=b c/d=null'],
  Archive: ['files_20261123_021500.tar.gz', 'nightly/files_1.tar.gz'],
  VersionId: ['', '3HL4kqCx_.x-'],
  Volume: ['vol-0123456789abcdef0'],
  Aside: ['lifeboat-20261123T021340'],
  Before: ['lifeboat-20261123T021340-before'],
  To: ['aside', 'before'],
  SideDatabase: ['lifeboat_side_ab12cd34'],
  OldDatabase: ['lifeboat_old_ab12cd34'],
  RunId: ['drill-20261123T021340-ab12', 'a_b'],
  Position: ['0/3000148', 'FFFFFFFF/0'],
  WaitSeconds: ['1', '300'],
  ExecutionTimeout: ['5', '120', '172800'],
};
/** Shell, SQL and SSM metacharacters, other lines, blanks where none belong. */
const bad = [
  ...['$(id)', '`id`', 'a;b', 'a&b', 'a"b', "a'b", 'a\\b', 'a<b', '$HOME', '{{ x }}', 'a*', 'a?b', 'a!', 'é', 'a(b)'],
  ...['a\nb', 'a\n', '\na', ' a', 'a ', 'a  b', 'a\tb', '\u0000', '-- x', 'a#b', '~'],
];

test('every document of the contract has a .yaml and a .sh, and there are no others', () => {
  const names = [...documentNames].sort();
  expect(Object.keys(documents).sort()).toEqual(names);
  expect(files('.yaml')).toEqual(names);
  expect(files('.sh')).toEqual(names);
});

test('every document has a case on a real host (docs/real-host.md)', () => {
  const cases = path.join(__dirname, '../real-host');
  const text = fs.readdirSync(cases).map((file) => fs.readFileSync(path.join(cases, file), 'utf8'));
  const run = documentNames.filter((name) => text.some((one) => one.includes(`'${name}'`)));
  expect(documentNames.filter((name) => !run.includes(name))).toEqual([]);
});

describe.each(documentNames)('%s', (name) => {
  const { content } = loadDocument(name);
  const shape: Readonly<Record<string, z.ZodType>> = documents[name].parameters.shape;

  test("takes the contract's parameters and a time-out", () => {
    expect(Object.keys(content.parameters).sort()).toEqual([...Object.keys(shape), 'ExecutionTimeout'].sort());
    expect(content.description.length).toBeGreaterThan(40);
    const { default: standard, interpolationType } = content.parameters['ExecutionTimeout']!;
    expect(Number(standard)).toBeGreaterThan(60);
    expect(interpolationType).toBeUndefined();
  });

  test.each(Object.entries(content.parameters))('%s is constrained as in the contract', (parameter, written) => {
    const schema = shape[parameter] ?? z.string().regex(/^[0-9]+$/);
    const { allowedPattern, allowedValues } = written;
    const taken = (value: string): boolean => allowedValues?.includes(value) ?? new RegExp(allowedPattern!).test(value);
    expect([allowedPattern === undefined, allowedValues === undefined]).toContain(true);
    if (allowedPattern !== undefined) expect(allowedPattern).toMatch(/^\^.*\$$/s);
    if (parameter !== 'ExecutionTimeout') expect(written.interpolationType).toBe('ENV_VAR');
    expect(good[parameter]?.length).toBeGreaterThan(0);
    for (const value of good[parameter]!)
      expect([value, taken(value), schema.safeParse(value).success]).toEqual([value, true, true]);
    const empty = good[parameter]!.includes('') ? [] : [''];
    for (const value of [...empty, ...bad])
      expect([value, taken(value), schema.safeParse(value).success]).toEqual([value, false, false]);
    // Beyond examples: the two are the same text.
    const { pattern, enum: values } = z.toJSONSchema(schema);
    if (parameter in shape) expect([pattern?.replaceAll('\\/', '/'), values]).toEqual([allowedPattern, allowedValues]);
  });

  test('its script is strict bash without eval, splicing or tracing, and is complete in itself', () => {
    const text = script(name);
    expect(text.split('\n').slice(0, 2)).toEqual(['#!/usr/bin/env bash', 'set -euo pipefail']);
    expect(text).not.toMatch(/\beval\b|\{\{|set -x|^\s*(source|\.) /m);
    // See shared/common.sh: what follows an error in an expression must not be a result.
    expect(text.split('\n').at(-1)).toBe('main');
    // SSM takes documents of up to 64 KB.
    expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThan(60_000);
  });

  test('its script reads every parameter and no other', () => {
    const read = new Set([...script(name).matchAll(/SSM_([A-Za-z]+)/g)].map(([, parameter]) => parameter));
    expect([...read].sort()).toEqual(Object.keys(shape).sort());
  });
});

test('the time-out takes what document-send may ask for: 5 to 172800 seconds', () => {
  const pattern = new RegExp(loadDocument('inspect-host').content.parameters['ExecutionTimeout']!.allowedPattern!);
  const taken = (value: number): boolean => pattern.test(String(value));
  const wrong = Array.from({ length: 175_000 }, (_, value) => value).filter(
    (value) => taken(value) !== (value >= 5 && value <= 172_800),
  );
  expect(wrong).toEqual([]);
});

const shellcheck = spawnSync('shellcheck', ['--version'], { encoding: 'utf8' });
if (shellcheck.error) process.stderr.write('SKIPPED: shellcheck of all documents: it is not installed\n');
const checked = shellcheck.error ? describe.skip : describe;
checked(`shellcheck${shellcheck.error ? ' (not installed)' : ''}`, () => {
  // SC2154, unassigned variables, is proved above for parameters; SC2317, unreached code, is said of shared functions
  // which the document at hand does not call.
  const check = (text: string) =>
    spawnSync('shellcheck', ['-s', 'bash', '-e', 'SC2154,SC2317', '-'], { input: text, encoding: 'utf8' });
  test.each(documentNames)('%s is clean', (name) => {
    expect(check(`${script(name)}\n`)).toMatchObject({ status: 0, stdout: '' });
  });
  test('it would have said so', () => {
    expect(check('#!/bin/bash\nrm $1\n').stdout).toContain('SC2086');
  });
});
