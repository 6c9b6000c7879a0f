import { type Catcher } from '../definition';
import { Cancelled, asStateError } from '../errors';
import { Retries, type Retrier, matchesError } from '../retry';
import { type Outcome, type Visit } from './visit';

/** Attempts a Task, Parallel or Map until it succeeds, its Retry is used up, or a Catch takes the failure. */
export async function withRetryAndCatch(
  visit: Visit,
  rules: { readonly retry: readonly Retrier[]; readonly catch: readonly Catcher[] },
  attempt: () => Promise<Outcome>,
): Promise<Outcome> {
  const retries = new Retries(rules.retry, visit.frame.run.random);
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (thrown instanceof Cancelled) throw thrown;
      visit.frame.cancellation.check();
      const failure = asStateError(thrown);
      const delay = retries.delayAfter(failure.name);
      if (delay === undefined) {
        const index = rules.catch.findIndex((catcher) => matchesError(catcher.errorEquals, failure.name));
        const catcher = rules.catch[index];
        if (catcher === undefined) throw failure;
        const edge = { from: visit.state.name, to: catcher.next, kind: 'Catch', index } as const;
        return await visit.leave(catcher, { errorOutput: failure.output }, failure.output, edge);
      }
      await visit.sleep(delay);
      visit.retryCount += 1;
    }
  }
}
