import * as z from 'zod';
import type { ChangeKind, DatabaseConnection } from '../../contract/changes';
import { documents, type DocumentName, type DocumentParameters } from '../../contract/documents';
import { HostOfflineError, type LifeboatError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import type { Change } from './define';
import { documentNeeds } from './rehearse';

const commandSchema = z.object({ commandId: z.string() });

/** A database as its documents take it. */
export const parametersOf = (connection: DatabaseConnection) => ({
  Address: connection.address,
  Port: String(connection.port),
  Database: connection.name,
  SslMode: connection.sslMode,
  CaFile: connection.caFile,
  MasterSecretArn: connection.masterSecretArn,
});

/** The changes that one document on one host makes. */
type OnOneHost = { [K in ChangeKind]: Change<K>['target'] extends { readonly host: string } ? K : never }[ChangeKind];

/**
 * `apply` and `confirm` of a change that one document makes on `target.host`. A repeated `apply` finds its command again.
 * @param seconds how long the script may run.
 */
export function byDocument<K extends OnOneHost, N extends DocumentName>(
  document: N,
  seconds: number,
  parameters: (change: Change<K>) => DocumentParameters<N> & Record<string, string>,
) {
  return {
    async apply(change: Change<K>) {
      const { run, key, target } = change;
      const commandId = await sendDocument({
        run,
        key,
        document,
        hosts: [target.host],
        parameters: parameters(change),
        executionTimeoutSeconds: seconds,
      });
      return { commandId };
    },
    async confirm({ key, target, detail }: Change<K>) {
      const { commandId } = parse(commandSchema, detail, `the command of ${key}`);
      const { done, results } = await awaitDocument(document, commandId, [target.host]);
      if (!done) return { done, progress: `${document} is at work` };
      const found: unknown = parse(documents[document].result, results[0]?.result, `the result of ${document}`);
      return { done, detail: { ...commandSchema.parse(detail), result: found } };
    },
    needs: ({ host }: Change<K>['target'], run: RunRef) => documentNeeds(run, [document], [host], 'database'),
    // Sending notes the command's id afterwards: only a host that took none proves that none was sent.
    oneCall: (refusal: LifeboatError) => refusal instanceof HostOfflineError,
  };
}
