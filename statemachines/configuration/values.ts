import type { InForce } from '../../contract/documents';
import { expression, variable } from '../../contract/expressions';
import type { ConfigurationVersion, StoredConfiguration } from '../../contract/tasks/configuration';
import { description, run } from '../fragments/values';

export { description, firstHost, hosts, request, run } from '../fragments/values';

/** The variables of the plan, with their types. */
export const inForce = variable<{ host: string; result: InForce }[]>('inForce');
export const stored = variable<StoredConfiguration>('stored');
export const chosen = variable<ConfigurationVersion>('chosen');
export const examined = variable<ExaminedVersions>('examined');
export const batch = variable<string[]>('batch');
type ExaminedVersions = { version: string; problem: null; words: string; files: Record<string, string | null> }[];

/** Every file as the documents take it, with the units that take it into use; a certificate's key is an item of its own. */
const fileList = (services: string) =>
  expression<string>(
    '$join([$map($description.configuration.files, function($file) {' +
      " $file.name & '|' & $file.kind & '|' & $file.path & '|' & $file.key & '|'" +
      ` & $join([$map([${services}], function($service) { $service.unit & ':' & $service.how })], ',')` +
      " & ($file.kind = 'certificate' ? ' ' & $file.name & '-key|key|' & $file.privateKey.path & '|' & $file.privateKey.key & '|' : '')" +
      " })], ' ')",
  );
const secretList = expression<string>(
  "$join([$map([$description.configuration.files[kind = 'env']], function($file) {" +
    ' $map([$file.secrets], function($secret) {' +
    " $file.name & '|' & $secret.variable & '|' & $secret.secretArn & '|' & $secret.field })" +
    " })], ' ')",
);

/** Which files there are, for every document. */
export const files = { Root: '/', Files: fileList('$file.services'), Secrets: secretList } as const;

/** The files with no unit of the application: for hosts on which it stands still until somebody else starts it. */
export const filesWhileClosed = fileList('$file.services[$not(unit in $description.releases.services)]');

/** The same, and where versions lie; `versions` as one document takes them. */
export const store = (versions: ReturnType<typeof expression<string>>) => ({
  ...files,
  Region: description.region,
  Bucket: stored.bucket,
  Prefix: description.configuration.prefix,
  Folder: description.configuration.backupFolder,
  Versions: versions,
});
export const candidates = expression<string>("$join([$stored.candidates.objects], ' ')");

/** A change's key follows from its host, or the first of several. */
export const keyOfBatch = expression<string>("'place-on-' & $batch[0]");
export const canaryKey = 'place-on-first-host';

export const thereAreOthers = expression<boolean>('$count($hosts) > 1');
export const otherHosts = expression<string[]>('[$filter($hosts, function($host) { $host != $hosts[0] })]');
export const batches = `{% $partition(${otherHosts.body}, $description.configuration.batchSize) %}`;

/** Where the replaced files lie on each host. */
export const kept = expression<string>(
  `${description.configuration.keptFolder.body} & '/' & ${run.id.body} & '/configuration'`,
);
/** The files in force on these hosts, by host. */
export const inForceOn = (hosts: ReturnType<typeof expression<string[]>>) =>
  expression<Record<string, InForce['files']>>(
    `$merge([$map([$filter($inForce, function($each) { $each.host in ${hosts.body} })], function($each) {{$each.host: $each.result.files}})])`,
  );
export const healthUrls = expression<string>("$join([$description.configuration.healthUrls], ' ')");
