/** What every probe has in common: a run under its deadline, judged at the end, never throwing. */
import type { CheckDefinition, Failure } from '@trustmonitor/protocol';
import { judge } from './assertions/judge.ts';
import { toFailure } from './failure.ts';
import type { Attempt, ProbeContext } from './probe.ts';
import { Run } from './run.ts';

/** `steps` takes the answer in, and throws a `ProbeFailure` when there is none. */
export async function attempt(
  check: CheckDefinition,
  context: ProbeContext,
  steps: (run: Run) => Promise<void>,
): Promise<Attempt> {
  const run = new Run(context);
  let failure: Failure | null;
  try {
    await steps(run);
    run.close();
    failure = judge(check.assertions, run);
  } catch (error) {
    failure = toFailure(error);
  } finally {
    run.close();
  }
  return run.report(failure);
}
