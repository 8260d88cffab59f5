/**
 * Who the agent is: keys it makes itself at its first start, and which never leave this machine.
 *
 * - vote key (Ed25519): signs what the agent saw; the network's key ring binds it to a region.
 * - NKey: what the broker knows the agent by; it says which subjects the agent may use.
 *
 * - witness key (Ed25519): cosigns the log's checkpoints; never signs a vote.
 */
import { join } from 'node:path';
import { createNkeySeed, publicNkey } from '@trustmonitor/bus';
import { jwkOf, type Signer } from '@trustmonitor/evidence';
import { loadOrCreateSigner } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type RingKey } from '@trustmonitor/protocol';
import { ensureFolder, readOrCreatePrivateFile } from './data-directory.ts';

/** The public half: what enrolment tells the broker and the key ring. */
export interface AgentIdentity {
  /** Public NKey (`U...`). */
  readonly nkeyPublic: string;
  /** Public vote key as a JWK with its RFC 7638 thumbprint. */
  readonly voteKey: PublicJwk;
  /** Public key as a witness of the log. */
  readonly witnessKey: PublicJwk;
}

type PublicJwk = Pick<RingKey, 'kty' | 'crv' | 'x' | 'kid' | 'alg'>;

export interface AgentKeys {
  readonly identity: AgentIdentity;
  readonly voteSigner: Signer;
  readonly witnessSigner: Signer;
  /** Private NKey (`SU...`): for the connection only, never logged. */
  readonly nkeySeed: string;
}

/**
 * The identity that lives in this data folder; makes folder and keys when there are none.
 *
 * Throws `data.unwritable`, or `key.invalid` for a key file that is damaged or readable by others.
 */
export async function ensureIdentity(dataDirectory: string): Promise<AgentIdentity> {
  return (await ensureKeys(dataDirectory)).identity;
}

/** As `ensureIdentity`, with the private keys. */
export async function ensureKeys(dataDirectory: string): Promise<AgentKeys> {
  const folder = join(dataDirectory, 'keys');
  await ensureFolder(folder);
  const nkeySeed = await readOrCreatePrivateFile(join(folder, 'broker.nkey'), createNkeySeed);
  const voteSigner = loadOrCreateSigner(join(folder, 'vote.pem'));
  const witnessSigner = loadOrCreateSigner(join(folder, 'witness.pem'));
  return {
    identity: {
      nkeyPublic: publicOf(nkeySeed, folder),
      voteKey: jwkOf(voteSigner.publicKey),
      witnessKey: jwkOf(witnessSigner.publicKey),
    },
    voteSigner,
    witnessSigner,
    nkeySeed: nkeySeed.trim(),
  };
}

function publicOf(seed: string, folder: string): string {
  try {
    return publicNkey(seed.trim());
  } catch (cause) {
    const file = join(folder, 'broker.nkey');
    throw new TrustMonitorError('key.invalid', `${file} holds no NKey seed`, {
      where: file,
      hint: 'Restore it from a backup, or remove it and enrol the agent again.',
      cause,
    });
  }
}
