/** The witness policy that follows from the agents of a ring. */
import { witnessName, type KeyRing } from '@trustmonitor/protocol';
import { publicKeyOf } from '../ed25519/public-key.ts';
import type { NoteKey } from '../log/vkey.ts';
import { noteKeyOf } from '../log/vkey.ts';
import { majorityPolicy, type StatedPolicy } from '../log/witness-policy.ts';

/** A majority of the agents' standing witness keys, in the ring's order, must cosign the log. */
export function agentPolicyOf(
  { network, keys }: Pick<KeyRing, 'network' | 'keys'>,
  logKey: NoteKey,
): StatedPolicy {
  const witnesses = keys.flatMap((entry) => {
    const { role, agent, revokedAtLogSize } = entry;
    if (role !== 'agent-witness' || agent === null || revokedAtLogSize !== null) return [];
    const key = noteKeyOf(witnessName(network, agent), 'cosignature', publicKeyOf(entry));
    return [{ name: agent, key }];
  });
  return majorityPolicy(logKey, witnesses);
}
