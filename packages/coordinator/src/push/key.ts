/** The key that the coordinator votes with on heartbeat monitors. */
import type { Signer, TrustedKeyRing } from '@trustmonitor/evidence';
import { loadSigner } from '@trustmonitor/evidence/node';
import { PUSH, TrustMonitorError } from '@trustmonitor/protocol';

/** Null when no key is given: heartbeat monitors are then refused. Throws `key.missing` or `key.invalid`. */
export function openPushKey(ring: TrustedKeyRing, file: string | null): Signer | null {
  if (file === null) return null;
  const signer = loadSigner(file);
  const isNamed = ring
    .standingKeysOf('agent-vote')
    .some(
      ({ kid, agent, region, group }) =>
        kid === signer.kid &&
        agent === PUSH.agent &&
        region === PUSH.region &&
        group === PUSH.group,
    );
  if (isNamed) return signer;
  throw new TrustMonitorError('key.invalid', `the key in ${file} is not in the key ring`, {
    where: file,
    hint: 'Sign a new key ring version that holds it as agent-vote, with agent, region and group `push`.',
  });
}
