/**
 * The documents behind the leaves: each fetched by its digest, checked, and put in its chain.
 *
 * A batch may be gone: servers drop old ones, and say so. Its leaf still names the key that signed
 * it, so its agent is known, and that agent's chain has one number that nobody can fill. Records
 * and key rings are never dropped.
 */
import {
  decodeBase64,
  decodeHex,
  digestOf,
  encodeHex,
  keyIdOf,
  parseCanonical,
  parseGateStatement,
  parseMaintenance,
  parseStatement,
  parseUptimeStatement,
  predicateTypeOf,
  verifySoleSignature,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  Batch,
  GATE_PREDICATE_TYPE,
  MAINTENANCE_PREDICATE_TYPE,
  PAYLOAD_TYPES,
  TrustMonitorError,
  UPTIME_PREDICATE_TYPE,
  isTrustMonitorError,
  parserOf,
  type Envelope,
  type KeyRole,
} from '@trustmonitor/protocol';
import type { LogClient } from '../log/log-client.ts';
import { MaintenanceChains } from './maintenance.ts';
import { BatchChains, IncidentChains, LoggedRings } from './chains.ts';
import { GateDecisions } from './decisions.ts';
import type { LoggedLeaf } from './leaf.ts';
import { reasonOf, type Findings } from './report.ts';

/** Requests under way at a time. */
const AT_ONCE = 16;

const batchParser = parserOf(Batch, 'message.malformed');

export class Documents {
  readonly #client: LogClient;
  readonly #ring: TrustedKeyRing;
  readonly #findings: Findings;
  readonly #rings: LoggedRings;
  readonly #batches: BatchChains;
  readonly #incidents: IncidentChains;
  readonly #maintenance: MaintenanceChains;
  readonly #decisions: GateDecisions;
  #count = 0;
  #gone = 0;
  #newestGone = -1;

  constructor(client: LogClient, ring: TrustedKeyRing, findings: Findings) {
    this.#client = client;
    this.#ring = ring;
    this.#findings = findings;
    this.#rings = new LoggedRings(findings, digestsOf(ring));
    this.#batches = new BatchChains(findings);
    this.#incidents = new IncidentChains(findings);
    this.#maintenance = new MaintenanceChains(findings);
    this.#decisions = new GateDecisions(findings);
  }

  /** In the order of the log. */
  async take(leaves: readonly LoggedLeaf[]): Promise<void> {
    for (let at = 0; at < leaves.length; at += AT_ONCE) {
      const some = leaves.slice(at, at + AT_ONCE);
      const envelopes = await Promise.all(some.map((leaf) => this.#fetch(leaf)));
      for (const [i, leaf] of some.entries()) {
        const envelope = envelopes[i] ?? null;
        if (envelope !== null) this.#check(leaf, envelope);
      }
    }
    this.#count += leaves.length;
  }

  finish(): void {
    this.#findings.done('log.documents', this.#summary());
    this.#findings.done('log.signers', `each by a key of ${this.#ring.network}, in its role`);
    this.#rings.finish();
    this.#batches.finish();
    this.#incidents.finish();
    this.#maintenance.finish();
    this.#decisions.finish();
  }

  #summary(): string {
    const served = `${this.#count - this.#gone} documents, each with its digest`;
    if (this.#gone === 0) return served;
    const batches = this.#gone === 1 ? '1 batch is' : `${this.#gone} batches are`;
    return `${served}; ${batches} not kept any more, the newest at leaf ${this.#newestGone}`;
  }

  /** The leaf's document; null, and a fault written down, when there is none that fits. */
  async #fetch(leaf: LoggedLeaf): Promise<Envelope | null> {
    const fault = (why: string): null => {
      this.#findings.fault('log.documents', `leaf ${leaf.index}: ${why}`);
      return null;
    };
    try {
      const envelope = await this.#client.payload(leaf.digest);
      if (envelope === null) return fault(`its document ${leaf.digest} is not served`);
      const found = digestOf(decodeBase64(envelope.payload, 'the payload'));
      if (found !== leaf.digest) return fault(`its document has the digest ${found}`);
      const logged = leaf.signatures.map(({ content }) => content);
      const isSame =
        envelope.signatures.length === logged.length &&
        envelope.signatures.every(({ sig }, i) => sig === logged[i]);
      return isSame ? envelope : fault('its document has other signatures than were logged');
    } catch (error) {
      if (isTrustMonitorError(error, 'message.malformed')) return fault(reasonOf(error));
      if (isTrustMonitorError(error, 'gone')) return this.#noteGone(leaf);
      throw error;
    }
  }

  #noteGone({ index, signatures }: LoggedLeaf): null {
    const publicKey = signatures[0]?.publicKey;
    const key = publicKey === undefined ? null : this.#ring.find(keyIdOf(decodeHex(publicKey)));
    if (key?.role !== 'agent-vote' || key.agent === null) {
      this.#findings.fault('log.documents', `leaf ${index}: its document is gone, and no batch`);
      return null;
    }
    this.#batches.addGone(key.agent);
    this.#gone += 1;
    this.#newestGone = Math.max(this.#newestGone, index);
    return null;
  }

  #check(leaf: LoggedLeaf, envelope: Envelope): void {
    const { index, digest } = leaf;
    this.#findings.attempt(
      'log.signers',
      () => {
        switch (envelope.payloadType) {
          case PAYLOAD_TYPES.keyring:
            // Its signatures were verified as part of the chain, or it is a stranger.
            this.#rings.add(index, digest);
            return;
          case PAYLOAD_TYPES.batch: {
            const batch = batchOf(this.#open(leaf, envelope, 'agent-vote'));
            this.#batches.add(index, digest, batch);
            this.#maintenance.noteBatch(batch.sealedAt);
            return;
          }
          case PAYLOAD_TYPES.record:
            this.#add(leaf, this.#open(leaf, envelope, 'coordinator-report'));
            return;
          default:
            throw refused(`nobody logs documents of type ${envelope.payloadType}`);
        }
      },
      `leaf ${index}: `,
    );
  }

  /** A statement of the coordinator, in the chain of its kind. */
  #add({ index, digest }: LoggedLeaf, payload: Uint8Array): void {
    switch (predicateTypeOf(payload)) {
      case UPTIME_PREDICATE_TYPE: {
        const { predicate } = parseUptimeStatement(payload);
        this.#incidents.addReport(index, predicate);
        this.#maintenance.addReport(index, predicate);
        return;
      }
      case MAINTENANCE_PREDICATE_TYPE:
        this.#maintenance.add(index, digest, parseMaintenance(payload).predicate);
        return;
      case GATE_PREDICATE_TYPE:
        this.#decisions.add(index, parseGateStatement(payload).predicate);
        return;
      default: {
        const { predicate } = parseStatement(payload);
        this.#incidents.add(index, digest, predicate);
        this.#decisions.noteRecord(index, predicate);
      }
    }
  }

  /** The payload, signed by one key of the role: the one that the leaf names, not revoked. */
  #open({ index, signatures }: LoggedLeaf, envelope: Envelope, role: KeyRole): Uint8Array {
    const { payload, key } = verifySoleSignature(
      envelope,
      envelope.payloadType,
      (kid) => this.#ring.find(kid),
      nodeVerifier,
    );
    if (key.role !== role) throw refused(`signed by a key for ${key.role}, not for ${role}`);
    if (encodeHex(key.publicKey) !== signatures[0]?.publicKey) {
      throw refused('the leaf names another key than the one that signed');
    }
    if (key.revokedAtLogSize !== null && index >= key.revokedAtLogSize) {
      throw refused(`its key was revoked at log size ${key.revokedAtLogSize}`);
    }
    return payload;
  }
}

const batchOf = (payload: Uint8Array): Batch =>
  batchParser.parse(parseCanonical(payload, undefined, 'the batch'), 'the batch');

function digestsOf(ring: TrustedKeyRing): string[] {
  return [...(ring.previous === null ? [] : digestsOf(ring.previous)), ring.digest];
}

const refused = (message: string): TrustMonitorError =>
  new TrustMonitorError('key.unknown', message);
