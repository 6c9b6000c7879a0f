import { type NameResolver } from '../network';

/** DNS as functions ask it: the names of the sandbox, and no others. */
export const outsideNames = (resolver: NameResolver) => ({
  'dns/promises': { resolve4: async (name: string) => await Promise.resolve([...resolver.resolve(name).addresses]) },
});

/**
 * The only way out of a function: the application's public address, which leads to the sandbox's load balancer. Everything
 * else does not resolve, so nothing of a drill reaches the world.
 */
export function outsideFetch(publicUrl: string, address: () => string): typeof fetch {
  const known = new URL(publicUrl);
  return async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    if (asked.host !== known.host)
      throw new TypeError('fetch failed', { cause: new Error(`getaddrinfo ENOTFOUND ${asked.hostname}`) });
    return await fetch(new URL(`${asked.pathname}${asked.search}`, address()), init);
  };
}
