/** Stock Sigstore code checks our records: its verifier takes the bundle, and no changed one. */
import { bundleFromJSON } from '@sigstore/bundle';
import { crypto } from '@sigstore/core';
import { Verifier, toSignedEntity, type TrustMaterial } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { buildSigstoreBundle, sigstoreLogId, spkiOf } from '@trustmonitor/evidence';
import { signSteps, story } from './fixture/incident.ts';
import { LOG, LOG_KEY, ORIGIN, logRecord, loggedNetwork } from './fixture/log.ts';
import { REPORT, T0 } from './fixture/network.ts';

/** The parts of a bundle that the tests change. */
interface SigstoreBundle {
  readonly verificationMaterial: {
    readonly tlogEntries: { readonly inclusionProof: { readonly hashes: string[] } }[];
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly signatures: { readonly sig: string }[];
  };
}

const record = signSteps(story(loggedNetwork())).at(-1)!;
const { proof } = logRecord(record, [T0 / 1_000 + 71]);
const bundle = JSON.stringify(buildSigstoreBundle(record, REPORT.publicKey, proof, LOG_KEY));
const keyOf = (raw: Uint8Array) => crypto.createPublicKey(Buffer.from(spkiOf(raw)));

const trust: TrustMaterial = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  ctlogs: [],
  tlogs: [
    {
      logID: Buffer.from(sigstoreLogId(LOG_KEY)),
      publicKey: keyOf(LOG.publicKey),
      baseURL: `https://${ORIGIN}`,
      validFor: { start: new Date(0), end: new Date(8.64e15) },
    },
  ],
  publicKey: (hint) => {
    expect(hint).toBe(REPORT.kid);
    return { publicKey: keyOf(REPORT.publicKey), validFor: () => true };
  },
};
// In key mode time comes from the witnesses, not from a time-stamping authority.
const verifier = new Verifier(trust, {
  tlogThreshold: 1,
  timestampThreshold: 0,
  ctlogThreshold: 0,
});
const verify = (json: string) => verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(json))));

describe('@sigstore/verify', () => {
  it('accepts a record as a Sigstore bundle', () => {
    expect(() => verify(bundle)).not.toThrow();
  });

  const parsed = JSON.parse(bundle) as SigstoreBundle;
  const entry = parsed.verificationMaterial.tlogEntries[0]!;
  it.each([
    ['payload', parsed.dsseEnvelope.payload, /payload hash mismatch/],
    ['audit path', entry.inclusionProof.hashes[0]!, /root hash does not match/],
    ['signature', parsed.dsseEnvelope.signatures[0]!.sig, /./],
  ])('refuses a changed %s', (_, part: string, message) => {
    const other = `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}`;
    expect(() => verify(bundle.replace(part, other))).toThrow(message);
  });

  it('refuses a changed checkpoint', () => {
    expect(() => verify(bundle.replace(`${ORIGIN}\\n10\\n`, `${ORIGIN}\\n11\\n`))).toThrow(
      /signature/,
    );
  });
});
