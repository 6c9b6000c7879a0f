import { UnknownResourceTypeError } from '../errors';
import { functionKinds } from './functions';
import { identityKinds } from './identity';
import { type ResourceKind } from './kind';
import { messagingKinds } from './messaging';
import { orchestrationKinds } from './orchestration';
import { storageKinds } from './storage';

const kinds = new Map(
  [...identityKinds, ...functionKinds, ...orchestrationKinds, ...storageKinds, ...messagingKinds].map((one) => [
    one.type,
    one,
  ]),
);

/** @throws UnknownResourceTypeError */
export function resourceKind(type: string, logicalId: string): ResourceKind {
  const found = kinds.get(type);
  if (found === undefined)
    throw new UnknownResourceTypeError(`${logicalId} is a ${type}, which the sandbox does not simulate`);
  return found;
}
