/** Runs a list of checks to its end, or to the first that does not hold. */
import { digestOf } from '../digest.ts';
import { NotABundle } from './format.ts';
import { Checklist, Stopped, type VerificationReport, type VerifyOptions } from './report.ts';

export function conclude<S>(
  bytes: Uint8Array,
  { verifier }: VerifyOptions,
  verify: (list: Checklist) => S,
): VerificationReport<S> {
  const list = new Checklist();
  let statement: S | null = null;
  let malformed = false;
  try {
    statement = verify(list);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    malformed = error.cause instanceof NotABundle;
  }
  return {
    passed: statement !== null,
    malformed,
    checks: list.results,
    statement,
    bundleDigest: digestOf(bytes, verifier.sha256),
  };
}
