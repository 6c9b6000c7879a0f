/**
 * Simulated EC2 instances. `Host.boot(options)` starts one; `run` is what the SSM agent does with a document's script;
 * `endpoint(port)` is where a load balancer finds it; `silence`, `breakUnit`, `crash` are faults. `standIns()` names
 * what is not the real thing. Knows no AWS API: `services/` translates.
 */
export { Host, type CommandResult, type HostOptions, type RunOptions, type SystemctlResult } from './host';
export type { HostVolume, VolumeFaults } from './volumes';
export type { UnitState } from './machine';
export type { CliServices, GetObject, GetSecretValue, ObjectRequest, SecretRequest } from './aws-cli';
export { standIns, type StandIn } from './stand-ins';
export { CommandUndelivered, HostNotRunning } from './errors';
