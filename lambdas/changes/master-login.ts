import { UndoFailedError } from '../../contract/errors';
import { isModifiable, requireInstance, setMasterPassword, unlessBusy } from '../gateways/rds';
import { readLogin } from '../gateways/secrets';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type MasterLogin = Change<'master-login'>;

/** Secrets Manager GetSecretValue: which version is today's. The password is not kept. */
async function read(target: MasterLogin['target']) {
  return { secretVersion: (await readLogin(target.secretArn)).version };
}

/**
 * Secrets Manager GetSecretValue of the version in the journal, RDS ModifyDBInstance MasterUserPassword. Where the instance
 * is busy, `begun` is false and confirming asks again.
 */
async function apply({ target, before }: MasterLogin) {
  const { password, version } = await readLogin(target.secretArn, before.secretVersion);
  return { secretVersion: version, begun: await unlessBusy(() => setMasterPassword(target.instance, password)) };
}

/**
 * RDS DescribeDBInstances: nothing is pending and the instance is available. Both, since it stays `available` for a
 * moment before it is `resetting-master-credentials`; the pending password is shown from the first moment on.
 */
async function confirm(change: MasterLogin) {
  const { target, detail } = change;
  if (detail['begun'] === false) {
    const again = await apply(change);
    return { done: false, progress: again.begun ? 'set the password' : `${target.instance} is busy`, detail: again };
  }
  const instance = await requireInstance(target.instance);
  if (instance.pending.length > 0) return { done: false, progress: `pending: ${instance.pending.join(', ')}` };
  if (!isModifiable(instance)) return { done: false, progress: `${target.instance}: ${instance.status}` };
  return { done: true };
}

/** There is no way back: RDS does not tell the password before. @throws UndoFailedError always */
function undo({ target }: MasterLogin): Promise<never> {
  return Promise.reject(
    new UndoFailedError(`The master password which ${target.instance} had before is nowhere; set the one you know.`),
  );
}

const needs = ({ instance, secretArn }: MasterLogin['target']) => [
  { actions: ['rds:ModifyDBInstance'], resource: ownArn('rds', `db:${instance}`) },
  { actions: ['secretsmanager:GetSecretValue'], resource: secretArn },
];

export const handler = defineChange('master-login', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo: undo,
  oneCall: true,
  needs,
});
