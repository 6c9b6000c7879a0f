import type { ChangeKind } from '../../../contract/changes';
import type { Grant, Resources } from '../deployment';

/** What the function of each kind of change calls, beside the journal and its documents. */
export type ChangeGrants<K extends ChangeKind> = Readonly<Record<K, (resources: Resources) => Grant[]>>;
