/**
 * An independent audit of a whole log: everything that the newest cosigned checkpoint commits to
 * is downloaded and computed again. It trusts the pinned root and nothing that it downloads.
 *
 *     key rings -- verified? --> checkpoint -- parsed? --> leaves, one bundle at a time
 *        | no                       | no                     | one is not served
 *        +--------------------------+------------------------+--> the checks so far
 *
 * A check that fails does not stop those that can still be made: the report names every fault.
 */
import {
  cosignatureTime,
  keyIdOf,
  meetsQuorum,
  parseCheckpoint,
  parseNote,
  requireLogSignature,
  type Checkpoint,
  type SignedNote,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type RootFile } from '@trustmonitor/protocol';
import type { LogClient } from '../log/log-client.ts';
import { logKeyOf, trustedRing } from '../log/trust.ts';
import { Documents } from './documents.ts';
import { parseLeaf, splitBundle } from './leaf.ts';
import { Findings, type AuditReport } from './report.ts';
import { computeTree, firstDifference, leafHash, tilePath, type ComputedTile } from './tree.ts';

type Noted = Checkpoint & { readonly note: SignedNote };

/** Throws what the transport throws, and `not_found` while the log has no cosigned checkpoint. */
export async function auditLog(
  client: LogClient,
  root: RootFile,
  progress: (leaves: number, size: number) => void,
): Promise<AuditReport> {
  const findings = new Findings();
  const checkpoint = await auditAll(client, root, findings, progress);
  const checks = findings.list();
  return {
    passed: checks.every(({ ok }) => ok),
    origin: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? null,
    checks,
  };
}

async function auditAll(
  client: LogClient,
  root: RootFile,
  findings: Findings,
  progress: (leaves: number, size: number) => void,
): Promise<Checkpoint | null> {
  const envelopes = await client.keyRings();
  const ring = findings.attempt('keyring.chain', () => trustedRing(envelopes, root));
  if (ring === null) return null;
  findings.done('keyring.chain', `${ring.network}: version ${ring.version} from the pinned root`);

  const text = await client.checkpoint();
  const checkpoint = findings.attempt('log.signature', () => openCheckpoint(text));
  if (checkpoint === null) return null;
  checkSignature(checkpoint, ring, findings);
  checkWitnesses(checkpoint, ring, findings);
  await new Walk(client, ring, findings, progress).check(checkpoint);
  return checkpoint;
}

function openCheckpoint(text: string): Noted {
  const note = parseNote(text);
  return { ...parseCheckpoint(note.text), note };
}

function checkSignature({ note, origin, size }: Noted, ring: TrustedKeyRing, findings: Findings) {
  findings.attempt('log.signature', () => {
    const key = logKeyOf(ring, origin);
    if (key === null) throw refused(`the key rings name no log ${origin}`);
    requireLogSignature(note, key, nodeVerifier);
  });
  findings.done('log.signature', `${origin} signed the tree of ${size} leaves`);
}

/** A witness that was revoked before this size counts no more. */
function checkWitnesses({ note, size }: Noted, ring: TrustedKeyRing, findings: Findings): void {
  const cosigned = findings.attempt('witness.policy', () => {
    const { policy } = ring;
    if (policy === null) throw refused('the newest key ring names no log');
    const names = policy.witnesses.flatMap(({ name, key }) => {
      const revokedAt = ring.find(keyIdOf(key.publicKey))?.revokedAtLogSize ?? null;
      const counts = revokedAt === null || size <= revokedAt;
      return counts && cosignatureTime(note, key, nodeVerifier) !== null ? [name] : [];
    });
    if (meetsQuorum(policy, new Set(names))) return names;
    throw refused(
      `cosigned by ${names.join(', ') || 'nobody'}: not what ` +
        `"quorum ${policy.quorum?.name ?? 'none'}" asks for`,
    );
  });
  findings.done('witness.policy', `cosigned by ${cosigned?.join(', ') ?? ''}`);
}

/** A bundle of leaves is missing, so that the tree cannot be computed. */
class NotServed extends Error {}

/** One walk over all leaves, from left to right. */
class Walk {
  readonly #client: LogClient;
  readonly #findings: Findings;
  readonly #documents: Documents;
  readonly #progress: (leaves: number, size: number) => void;
  #tiles = 0;
  #size = 0;

  constructor(
    client: LogClient,
    ring: TrustedKeyRing,
    findings: Findings,
    progress: (leaves: number, size: number) => void,
  ) {
    this.#client = client;
    this.#findings = findings;
    this.#documents = new Documents(client, ring, findings);
    this.#progress = progress;
  }

  async check({ size, root }: Checkpoint): Promise<void> {
    this.#size = size;
    let computed: Uint8Array;
    try {
      computed = await computeTree(size, {
        leaves: (start, count) => this.#leaves(start, count),
        tile: (tile) => this.#compare(tile),
      });
    } catch (error) {
      if (!(error instanceof NotServed)) throw error;
      this.#findings.fault('log.entries', error.message);
      return;
    }
    const findings = this.#findings;
    if (firstDifference(root, computed) !== null) {
      findings.fault(
        'log.root',
        `the checkpoint says ${base64(root)}, its leaves ${base64(computed)}`,
      );
    }
    findings.done('log.entries', `${size} leaves`);
    findings.done('log.root', base64(root));
    findings.done('log.tiles', `${this.#tiles} tiles`);
    findings.done('log.leaves', `${size} entries of signed documents`);
    this.#documents.finish();
  }

  async #leaves(start: number, count: number): Promise<Uint8Array[]> {
    const path = tilePath('entries', start / 256, count);
    const bundle = await this.#client.tile(path);
    if (bundle === null) throw new NotServed(`${path} is not served: leaves are missing`);
    const bodies = this.#findings.attempt('log.entries', () => splitBundle(bundle), `${path}: `);
    if (bodies?.length !== count) {
      throw new NotServed(`${path} has ${bodies?.length ?? 'no'} leaves, not ${count}`);
    }
    const leaves = bodies.flatMap((body, i) => {
      const index = start + i;
      const where = `leaf ${index}: `;
      return this.#findings.attempt('log.leaves', () => parseLeaf(index, body), where) ?? [];
    });
    await this.#documents.take(leaves);
    this.#progress(start + count, this.#size);
    return bodies.map(leafHash);
  }

  async #compare({ path, hashes }: ComputedTile): Promise<void> {
    this.#tiles += 1;
    const stored = await this.#client.tile(path);
    if (stored === null) {
      this.#findings.fault('log.tiles', `${path} is not served`);
      return;
    }
    const at = firstDifference(stored, hashes);
    if (at !== null) {
      this.#findings.fault('log.tiles', `hash ${at} of ${path} is not what the leaves make`);
    }
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const refused = (message: string): TrustMonitorError =>
  new TrustMonitorError('signature.invalid', message);
