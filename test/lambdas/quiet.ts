// Imported before any handler: Powertools reads these when its logger and metrics are made.
process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
export const REGION = 'us-east-1';
export const ACCOUNT = '123456789012';
const machine = (name: string) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:lifeboat-production-${name}`;

Object.assign(process.env, {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  LIFEBOAT_ENVIRONMENT: 'production',
  LIFEBOAT_DESCRIPTION_PARAMETER: '/lifeboat/production/description',
  LIFEBOAT_RUNS_TABLE: 'runs',
  LIFEBOAT_EVIDENCE_TABLE: 'evidence',
  LIFEBOAT_REPORT_BUCKET: 'lifeboat-reports',
  LIFEBOAT_NOTIFICATIONS_TOPIC_ARN: `arn:aws:sns:${REGION}:${ACCOUNT}:lifeboat-production`,
  LIFEBOAT_SETTLEMENT_MACHINE_ARN: machine('settlement'),
  LIFEBOAT_RECOVERY_MACHINE_ARN: machine('recovery'),
  LIFEBOAT_PLAN_MACHINE_ARNS: JSON.stringify({ 'database-recovery': machine('database-recovery') }),
});

/** The ARN of an execution of one of the machines above. */
export const execution = (name: string, run: string): string =>
  `${machine(name).replace(':stateMachine:', ':execution:')}:${run}`;
