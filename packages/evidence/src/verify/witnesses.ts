/** The witnesses: others watched the tree grow, and enough of them say so. */
import type { SignatureVerifier } from '../ed25519/types.ts';
import { keyIdOf } from '../ed25519/public-key.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { cosignatureTime } from '../log/cosignature.ts';
import { meetsQuorum, type WitnessPolicy } from '../log/policy.ts';
import type { LoggedRecord, NotedCheckpoint } from './log.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import { countOf } from './records.ts';

/** Witnesses of a checkpoint: who cosigned, and when. */
export interface Witnessed {
  /** Seconds since the epoch, in ascending order. */
  readonly times: readonly number[];
}

export function checkWitnessPolicy(
  { checkpoint }: LoggedRecord,
  policy: WitnessPolicy,
  ring: TrustedKeyRing,
  verifier: SignatureVerifier,
): Checked<Witnessed> {
  const cosigned = cosignedBy(checkpoint, policy, ring, verifier);
  requireQuorum(policy, cosigned);
  const names = [...cosigned.keys()].join(', ');
  return checked(
    { times: ascending(cosigned.values()) },
    policy.quorum === null
      ? 'the policy of this network asks for no witness'
      : `${countOf(cosigned.size, 'witness cosignature')}: ${names}`,
  );
}

export function requireQuorum(policy: WitnessPolicy, cosigned: ReadonlyMap<string, number>): void {
  if (!meetsQuorum(policy, new Set(cosigned.keys()))) {
    throw new CheckFailed(
      `${countOf(cosigned.size, 'witness cosignature')}: not what ` +
        `"quorum ${policy.quorum?.name ?? 'none'}" asks for`,
    );
  }
}

/** Cosignatures by the policy's witnesses, leaving out those revoked at a smaller log. */
export function cosignedBy(
  { note, size }: NotedCheckpoint,
  policy: WitnessPolicy,
  ring: TrustedKeyRing,
  verifier: SignatureVerifier,
): Map<string, number> {
  const cosigned = new Map<string, number>();
  for (const { name, key } of policy.witnesses) {
    const timeS = cosignatureTime(note, key, verifier);
    const revokedAt = ring.find(keyIdOf(key.publicKey))?.revokedAtLogSize ?? null;
    if (timeS !== null && (revokedAt === null || size <= revokedAt)) cosigned.set(name, timeS);
  }
  return cosigned;
}

export const ascending = (times: Iterable<number>): number[] =>
  [...times].toSorted((a, b) => a - b);
