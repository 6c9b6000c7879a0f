import { type Catcher } from '../definition';
import { type Fields } from './fields';
import { readLeaving } from './leaving';
import { type Retrier } from '../retry';

/** The names that begin with `States.`: https://states-language.net/#appendix-a, and Step Functions' own. */
const reservedErrors = new Set(
  `States.ALL States.HeartbeatTimeout States.Timeout States.TaskFailed States.Permissions States.BranchFailed
  States.NoChoiceMatched States.IntrinsicFailure States.ExceedToleratedFailureThreshold States.ItemReaderFailed
  States.ResultWriterFailed States.QueryEvaluationError States.DataLimitExceeded States.Runtime`.split(/\s+/),
);

/** The longest that Step Functions waits, in seconds. */
export const LONGEST_SECONDS = 99_999_999;

/** The Retry field. */
export function readRetry(fields: Fields): Retrier[] {
  const rules = fields.objects('Retry') ?? [];
  return rules.map((rule, index) => {
    const jitter = rule.text('JitterStrategy') ?? 'NONE';
    if (jitter !== 'FULL' && jitter !== 'NONE') rule.problem('JitterStrategy', 'must be FULL or NONE.');
    rule.text('Comment');
    const retrier: Retrier = {
      errorEquals: readErrorEquals(rule, index === rules.length - 1),
      intervalSeconds: rule.number('IntervalSeconds', 1, LONGEST_SECONDS) ?? 1,
      maxAttempts: rule.number('MaxAttempts', 0, LONGEST_SECONDS) ?? 3,
      backoffRate: rule.number('BackoffRate', 1, LONGEST_SECONDS, false) ?? 2,
      maxDelaySeconds: rule.number('MaxDelaySeconds', 1, 31_622_400),
      jitter: jitter === 'FULL' ? 'FULL' : 'NONE',
    };
    if (retrier.maxDelaySeconds !== undefined && retrier.maxDelaySeconds <= retrier.intervalSeconds) {
      rule.problem('MaxDelaySeconds', 'must be greater than IntervalSeconds.');
    }
    rule.finish('a Retry rule');
    return retrier;
  });
}

/** The Catch field. */
export function readCatch(fields: Fields): Catcher[] {
  const rules = fields.objects('Catch') ?? [];
  return rules.map((rule, index) => {
    rule.text('Comment');
    const catcher: Catcher = {
      errorEquals: readErrorEquals(rule, index === rules.length - 1),
      next: rule.requiredText('Next'),
      ...readLeaving(rule),
    };
    rule.finish('a Catch rule');
    return catcher;
  });
}

function readErrorEquals(rule: Fields, last: boolean): string[] {
  const names = rule.texts('ErrorEquals');
  for (const name of names) {
    if (name.startsWith('States.') && !reservedErrors.has(name)) {
      rule.problem('ErrorEquals', `names ${name}, which Step Functions does not have.`);
    }
  }
  if (names.includes('States.ALL') && (names.length > 1 || !last)) {
    rule.problem('ErrorEquals', 'must have States.ALL alone and in the last rule.');
  }
  return names;
}
