/** A key ring of one: what proves the batches of a signer that a test made. */
import { jwkOf, type KeySource, type Signer } from '@trustmonitor/evidence';

export function ringOf(signer: Signer, agent = 'eu-1', region = 'eu'): KeySource {
  const key = {
    ...jwkOf(signer.publicKey),
    publicKey: signer.publicKey,
    role: 'agent-vote' as const,
    agent,
    region,
    group: region,
    operator: null,
    validFor: { start: '2020-01-01T00:00:00.000Z', end: null },
    revokedAtLogSize: null,
  };
  return { network: 'test-net', key: (kid) => (kid === key.kid ? key : undefined) };
}
