/** Opens the network's log: whose it is, and that every key ring stands in it. */
import { payloadOf, digestOf, type Signer, type TrustedKeyRing } from '@trustmonitor/evidence';
import { loadSigner } from '@trustmonitor/evidence/node';
import { PAYLOAD_TYPES, TrustMonitorError, type Envelope } from '@trustmonitor/protocol';
import type { KeyRings } from '../keyrings.ts';
import type { Database, Queryable } from '../store/database.ts';
import { selectLogIndexes } from '../store/log.ts';
import { appendToLog, rawKeyOf, type Loggable } from './append.ts';
import { logIdentityOf, type LogIdentity } from './witnesses.ts';

export class Transparency {
  /** The log's own key. */
  readonly signer: Signer;
  readonly #keyRings: Pick<KeyRings, 'ring' | 'refresh'>;
  #known: { readonly version: number; readonly identity: LogIdentity } | null = null;

  constructor(signer: Signer, keyRings: Pick<KeyRings, 'ring' | 'refresh'>) {
    this.signer = signer;
    this.#keyRings = keyRings;
  }

  /**
   * Origin, policy and witnesses as the newest key ring has them. Throws `keyring.invalid` when it
   * has taken the log's key out of the policy.
   */
  get identity(): LogIdentity {
    const { ring } = this.#keyRings;
    if (this.#known?.version !== ring.version) {
      this.#known = { version: ring.version, identity: logIdentityOf(ring, this.signer.kid) };
    }
    return this.#known.identity;
  }

  /** The same, no older than what the database held when this was called. */
  async refreshed(database: Queryable): Promise<LogIdentity> {
    await this.#keyRings.refresh(database);
    return this.identity;
  }
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
  const transparency = new Transparency(loadSigner(logKeyFile), keyRings);
  // Told at the start, not at the first checkpoint.
  logIdentityOf(keyRings.ring, transparency.signer.kid);
  await database.transaction((tx) => logKeyRings(tx, keyRings));
  return transparency;
}

/** Every version is logged, once: a ring that only some people are shown would stand out. */
async function logKeyRings(tx: Queryable, { envelopes, ring }: KeyRings): Promise<void> {
  const rings = envelopes.map((envelope, i) => loggableRing(envelope, ring.at(i + 1)));
  const known = await selectLogIndexes(
    tx,
    rings.map(({ digest }) => digest),
  );
  await appendToLog(
    tx,
    rings.filter(({ digest }) => !known.has(digest)),
  );
}

/** A version of the key ring, as the log takes it. */
export function loggableRing(envelope: Envelope, ring: TrustedKeyRing | undefined): Loggable {
  return {
    kind: 'keyring',
    digest: digestOf(payloadOf(envelope, PAYLOAD_TYPES.keyring)),
    envelope,
    publicKeys: signersOf(envelope, ring),
  };
}

/** Roots of its own and of the version before, or the enrolment key that the one before names. */
function signersOf(envelope: Envelope, ring: TrustedKeyRing | undefined): Uint8Array[] {
  const before = ring?.previous?.ring;
  const delegate = before?.delegation === undefined ? [] : [before.delegation.key];
  const keys = [...(ring?.ring.root.keys ?? []), ...(before?.root.keys ?? []), ...delegate];
  return envelope.signatures.map(({ keyid }) => {
    const key = keys.find(({ kid }) => kid === keyid);
    if (key === undefined)
      throw new TrustMonitorError('keyring.invalid', `its signer ${keyid} is unknown`);
    return rawKeyOf(key);
  });
}
