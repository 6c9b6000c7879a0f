/**
 * Environment variables of the functions: the constructs in lib/tasks set them, the functions read them through
 * lambdas/runtime/environment.ts. One list for both, so that a name cannot drift.
 */
export const environmentVariables = {
  environment: 'LIFEBOAT_ENVIRONMENT',
  descriptionParameter: 'LIFEBOAT_DESCRIPTION_PARAMETER',
  runsTable: 'LIFEBOAT_RUNS_TABLE',
  evidenceTable: 'LIFEBOAT_EVIDENCE_TABLE',
  reportBucket: 'LIFEBOAT_REPORT_BUCKET',
  notificationsTopicArn: 'LIFEBOAT_NOTIFICATIONS_TOPIC_ARN',
  /** ARN of the settlement machine, which the sweep starts. */
  settlementMachineArn: 'LIFEBOAT_SETTLEMENT_MACHINE_ARN',
  /** ARN of the recovery machine; an execution's ARN follows from it and the run's id. */
  recoveryMachineArn: 'LIFEBOAT_RECOVERY_MACHINE_ARN',
  /** JSON: name of a plan's machine, or `validation`, to its ARN. */
  planMachineArns: 'LIFEBOAT_PLAN_MACHINE_ARNS',
  /** Where a person decides about a run: the address of approval-decide. */
  approvalUrl: 'LIFEBOAT_APPROVAL_URL',
  /** ARN of the function's own role: a change says in a rehearsal whose rights it needs. */
  roleArn: 'LIFEBOAT_ROLE_ARN',
} as const;
export type EnvironmentVariable = keyof typeof environmentVariables;
/** Those that are the same for every function; a function's role is its own. */
export type SharedVariable = Exclude<EnvironmentVariable, 'roleArn'>;

/** The namespace of the metrics and the prefix of everything that Lifeboat makes. */
export const METRICS_NAMESPACE = 'Lifeboat';
export const RESOURCE_PREFIX = 'lifeboat';
/** Tags of what a run makes or keeps. */
export const TAGS = {
  run: 'lifeboat:run',
  /** The key of the change that made it, where a run may make several of a sort. */
  change: 'lifeboat:change',
  expires: 'lifeboat:expires',
  environment: 'lifeboat:environment',
} as const;
