/**
 * The JSONata state-machine interpreter: definitions in the Amazon States Language, loaded strictly, run against a
 * clock and a task handler. Knows no AWS service.
 */
export { type Clock, type Instant, type Span, type Timer } from './clock';
export { RealClock } from './clocks/real';
export { type Jump, SkippingClock } from './clocks/skipping';
export { VirtualClock } from './clocks/virtual';
export { type Machine } from './definition';
export { type Edge, definitionEdges, edgeKey } from './edges';
export { DefinitionError, InvalidExecutionInput, type Problem, StateError } from './errors';
export {
  type Execution,
  type ExecutionOptions,
  type ExecutionResult,
  type ExecutionStatus,
  startExecution,
} from './execution';
export { type HistoryEvent, type HistoryEventType, type HistoryListener } from './history';
export { type Json, type JsonObject } from './json';
export { loadDefinition } from './load/definition';
export { type ExecutionIdentity, type TaskContext, type TaskHandler } from './run';
export { TaskTokens, TokenError } from './tokens';
export { type CheckOptions, type Finding, type WorstCase, checkDefinition, worstCaseEvents } from './checks';
