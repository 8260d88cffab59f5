/** Opens the network's log: whose it is, and that every key ring stands in it. */
import { payloadOf, digestOf, type Signer } from '@trustmonitor/evidence';
import { loadSigner } from '@trustmonitor/evidence/node';
import { PAYLOAD_TYPES, TrustMonitorError, type Envelope } from '@trustmonitor/protocol';
import type { KeyRings } from '../keyrings.ts';
import type { Database, Queryable } from '../store/database.ts';
import { selectLogIndexes } from '../store/log.ts';
import { appendToLog, rawKeyOf, type Loggable } from './append.ts';
import { logIdentityOf, type LogIdentity } from './witnesses.ts';

export interface Transparency {
  /** The log's own key. */
  readonly signer: Signer;
  readonly identity: LogIdentity;
}

/** Null while the key ring names no log. Throws `keyring.invalid` or `key.missing`. */
export async function openTransparency(
  database: Database,
  keyRings: KeyRings,
  logKeyFile: string | null,
): Promise<Transparency | null> {
  if (keyRings.ring.ring.policy.witness === null) return null;
  if (logKeyFile === null) {
    throw new TrustMonitorError(
      'config.invalid',
      'the key ring names a log, and its key is not given',
      {
        where: 'TM_LOG_KEY_FILE',
        hint: 'Name the file of the private key with the role `log`.',
      },
    );
  }
  const signer = loadSigner(logKeyFile);
  const identity = logIdentityOf(keyRings.ring, signer.kid);
  if (identity === null) return null;
  await database.transaction((tx) => logKeyRings(tx, keyRings));
  return { signer, identity };
}

/** Every version is logged, once: a ring that only some people are shown would stand out. */
async function logKeyRings(tx: Queryable, { envelopes, ring }: KeyRings): Promise<void> {
  const rings = envelopes.map((envelope, i): Loggable => ({
    kind: 'keyring',
    digest: digestOf(payloadOf(envelope, PAYLOAD_TYPES.keyring)),
    envelope,
    publicKeys: rootKeysOf(envelope, ring, i + 1),
  }));
  const known = await selectLogIndexes(
    tx,
    rings.map(({ digest }) => digest),
  );
  await appendToLog(
    tx,
    rings.filter(({ digest }) => !known.has(digest)),
  );
}

/** A version is signed by roots of its own and of the version before. */
function rootKeysOf(envelope: Envelope, ring: KeyRings['ring'], version: number): Uint8Array[] {
  const roots = [version, version - 1].flatMap((v) => ring.at(v)?.ring.root.keys ?? []);
  return envelope.signatures.map(({ keyid }) => {
    const key = roots.find(({ kid }) => kid === keyid);
    if (key === undefined)
      throw new TrustMonitorError('keyring.invalid', `root ${keyid} is unknown`);
    return rawKeyOf(key);
  });
}
