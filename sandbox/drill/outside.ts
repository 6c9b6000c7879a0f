import { type NameResolver } from '../network';

/** DNS as functions ask it: the names of the sandbox, and no others. */
export const outsideNames = (resolver: NameResolver) => ({
  'dns/promises': { resolve4: async (name: string) => await Promise.resolve([...resolver.resolve(name).addresses]) },
});

/**
 * The only way out of a function: the application's public address, which leads to the sandbox's load balancer, and those of
 * its regions where there are two. Everything else does not resolve, so nothing of a drill reaches the world.
 * @param regional the address of a region's load balancer by the region's own name
 */
export function outsideFetch(
  publicUrl: string,
  address: () => string,
  regional: (name: string) => string | undefined = () => undefined,
): typeof fetch {
  const known = new URL(publicUrl);
  return async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    const leadsTo = asked.host === known.host ? address() : regional(asked.hostname);
    if (leadsTo === undefined)
      throw new TypeError('fetch failed', { cause: new Error(`getaddrinfo ENOTFOUND ${asked.hostname}`) });
    return await fetch(new URL(`${asked.pathname}${asked.search}`, leadsTo), init);
  };
}
