/** What the audit log keeps of a subject before and after a change, and what ETags are made of. */
import { canonicalBytes, digestOf } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';

/** SHA-256 of the canonical JSON, in hex. */
export function digestOfState(state: unknown): string {
  return digestOf(canonicalBytes(state), nodeVerifier.sha256);
}
