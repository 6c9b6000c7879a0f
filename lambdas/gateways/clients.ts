/** A class of the SDK's clients, made from its ordinary configuration. */
type ClientClass<C> = new (configuration: {
  region?: string;
  maxAttempts?: number;
  requestHandler?: typeof PATIENCE;
}) => C;

const made = new Map<ClientClass<object>, Map<string, object>>();

/**
 * One attempt: Step Functions retries with jitter, and a refusal means something only where no attempt went before it whose
 * answer was lost.
 */
const MAX_ATTEMPTS = 1;

/**
 * Milliseconds. The SDK's own patience has no end: in a region that swallows packets a call would use up the function's time, of
 * which nothing is left then to say what happened. Every call made here is answered within a second or two when all is well.
 */
const PATIENCE = { connectionTimeout: 3000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/**
 * The one client of a service (and region) in this function, made at its first use from the SDK's ordinary
 * configuration (region, credentials, `AWS_ENDPOINT_URL`).
 * @param options.region only where it is not the function's own, e.g. the region with the copied backups.
 */
export function client<C extends object>(clientClass: ClientClass<C>, options: { region?: string } = {}): C {
  const ofClass = made.get(clientClass) ?? new Map<string, object>();
  made.set(clientClass, ofClass);
  const region = options.region ?? '';
  const known = ofClass.get(region);
  if (known instanceof clientClass) return known;
  const fresh = new clientClass({
    ...(region === '' ? {} : { region }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: PATIENCE,
  });
  ofClass.set(region, fresh);
  return fresh;
}
