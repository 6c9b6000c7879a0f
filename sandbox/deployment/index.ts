/**
 * A cloud assembly, executed in this process: `deploy({assembly, stack, clock})` makes the resources of one stack and
 * answers the SDK calls of its functions. See docs/architecture.md, Sandbox.
 */
export { type Surroundings } from './bundle';
export { type DeployOptions, Deployment, type SharedParts, deploy } from './deployment';
export * from './errors';
export { type LogLine } from './function-log';
