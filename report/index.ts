export { buildReport } from './build';
export { renderHtml } from './html';
export { reportMaterialSchema, type HistoryEvent, type MachineHistory, type ReportMaterial } from './material';
export { mergeSandbox, previousOf, type SandboxEvidence } from './merge';
export { comparedWithPrevious } from './objectives';
export { total } from './spans';
export * as words from './text';
export { pathOf } from './timeline';
export { levelOf, verdictOf, verdictWords, type VerdictLevel } from './verdict';
