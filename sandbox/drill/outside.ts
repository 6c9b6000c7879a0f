import { type LoadBalancer } from '../network';

/**
 * The only way out of a function: the application's public address, which leads to the sandbox's load balancer. Everything
 * else does not resolve, so nothing of a drill reaches the world.
 */
export function outsideFetch(publicUrl: string, balancer: LoadBalancer): typeof fetch {
  const known = new URL(publicUrl);
  return async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    if (asked.host !== known.host)
      throw new TypeError('fetch failed', { cause: new Error(`getaddrinfo ENOTFOUND ${asked.hostname}`) });
    return await fetch(new URL(`${asked.pathname}${asked.search}`, balancer.url), init);
  };
}
