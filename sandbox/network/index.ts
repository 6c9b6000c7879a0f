/**
 * The network of a sandbox: loopback addresses, names, and a load balancer. Knows no AWS API: `services/` translates.
 *
 * - `new AddressPool().claim()` gives each machine or server an address; `freePort(address)` a port on one.
 * - `NameResolver` holds the private zones; `serve()` answers host processes (see `hosts/machine/preload.cjs`).
 * - `TargetGroup` checks its targets by the sandbox's clock; `LoadBalancer.open` proxies to them by rules.
 */
export { AddressPool, canListen, freePort } from './addresses';
export { NameResolver, type NameRecord, type Resolution } from './names';
export {
  TargetGroup,
  defaultHealthCheck,
  type Destination,
  type HealthCheck,
  type TargetHealth,
  type TargetReason,
  type TargetState,
} from './target-group';
export {
  LoadBalancer,
  type Action,
  type Condition,
  type Exchange,
  type LoadBalancerOptions,
  type Rule,
} from './load-balancer';
export { AliasLoop, NameNotFound, NoFreeAddress, NoFreePort, PriorityTaken } from './errors';
