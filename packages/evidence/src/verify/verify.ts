/**
 * The offline verifier: one file and one pinned root in, a list of named checks out.
 *
 * `verifyAll`, and `verifyIncident` behind it, are the order of verification, line by line. Each
 * check is a function of its own, takes only what the checks before it proved, and stops
 * everything when it does not hold.
 */
import type { IncidentStatement, RootFile } from '@trustmonitor/protocol';
import { verifyKeyRings } from '../keyring/verify.ts';
import { checkFormat } from './format.ts';
import { verifyIncident } from './incident.ts';
import { conclude } from './conclude.ts';
import { checked, type Checklist, type VerificationReport, type VerifyOptions } from './report.ts';

/**
 * Verifies a bundle against the root file that the caller pinned. Offline; never throws,
 * whatever the bytes. `statement` is there only when every check holds.
 */
export function verifyBundle(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
): VerificationReport {
  return conclude(bytes, options, (list) => verifyAll(bytes, root, options, list));
}

function verifyAll(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
  list: Checklist,
): IncidentStatement {
  const bundle = list.run('bundle.format', () => checkFormat(bytes));
  const newest = list.run('keyring.chain', () => {
    const ring = verifyKeyRings(bundle.keyrings, root, options.verifier);
    return checked(ring, `${ring.network}: version ${ring.version} from the pinned root`);
  });
  const records = verifyIncident(list, bundle, newest, options);
  return (records.at(-1) ?? records[0]).statement;
}
