/** Agents come into the key ring and go out of it; the root stays where it is. */
import { verifyWithNkey } from '@trustmonitor/bus';
import {
  decodeBase64,
  enrolAgent,
  formatVkey,
  joinMessage,
  openJoin,
  revokeAgent,
  signKeyRing,
  type Signer,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  PUSH,
  TrustMonitorError,
  isTrustMonitorError,
  type Envelope,
  type JoinRequest,
  type JoinStatement,
} from '@trustmonitor/protocol';
import type { Clock } from '../clock.ts';
import { requireReportKey, type KeyRings } from '../keyrings.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { deleteDrain } from '../store/drains.ts';
import { upsertEnrolledAgent, useJoinToken, type JoinGrant } from '../store/enrolment.ts';
import { lockKeyRings, storeNextRing } from './next-ring.ts';
import { joinTokenHash } from './token.ts';

export interface EnrolmentParts {
  readonly database: Database;
  readonly keyRings: KeyRings;
  /** The enrolment key; null where this coordinator has none. */
  readonly signer: Signer | null;
  /** Id of the key that this coordinator signs records with. */
  readonly reportKid: string;
  readonly clock: Clock;
}

export interface Enrolled {
  readonly agent: string;
  readonly region: string;
  readonly group: string;
  readonly nkey: string;
  /** Verifier key of the log; null where there is none. */
  readonly logVkey: string | null;
}

export class Enrolment {
  readonly #parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
  }

  /** Regions that agents can join. */
  get regions(): readonly string[] {
    return (this.#parts.keyRings.ring.ring.delegation?.regions ?? []).map(({ region }) => region);
  }

  /** Throws `enrolment.unavailable` or `monitor.unknown_region`. */
  requireRegion(region: string): void {
    this.#requireSigner(this.#parts.keyRings.ring);
    if (this.regions.includes(region)) return;
    throw new TrustMonitorError('monitor.unknown_region', `agents cannot join "${region}"`, {
      where: '/region',
      hint:
        `Regions that can be joined: ${this.regions.join(', ') || 'none'}. The holder of the root ` +
        `adds one with "trustmonitor keys region add".`,
    });
  }

  /**
   * Enrols the agent that asks, and uses its token up; both or neither.
   *
   * Throws `join.refused`, `agent.exists`, `signature.invalid` and the like.
   */
  async join({ token, envelope, nkeySignature }: JoinRequest, actor: Actor): Promise<Enrolled> {
    const statement = this.#open(envelope, nkeySignature, token);
    const { database, keyRings } = this.#parts;
    const enrolled = await database.transaction(async (tx) => {
      const grant = await useJoinToken(tx, statement.token, statement.agent);
      if (grant === null) throw refused('the join token is unknown, was used or has expired');
      return this.#enrol(tx, statement, grant, actor);
    });
    await keyRings.refresh(database);
    return enrolled;
  }

  /** From now on nothing that the agent signs counts. Throws `not_found`. */
  async revoke(agent: string, actor: Actor): Promise<number> {
    const { database, keyRings, clock } = this.#parts;
    const version = await database.transaction(async (tx) => {
      const { ring, logSize } = await lockKeyRings(tx, keyRings);
      if (agent === PUSH.agent || !ring.hasAgent(agent)) {
        throw new TrustMonitorError('not_found', `no agent ${agent} is enrolled`);
      }
      const signer = this.#requireSigner(ring);
      const next = revokeAgent(ring, agent, { logSize, nowMs: clock() });
      const stored = await storeNextRing(tx, signKeyRing(next, [signer]), ring, keyRings);
      // Whoever joins under its name is another agent.
      await deleteDrain(tx, 'agent', agent);
      await insertAudit(tx, { actor, action: 'agent.revoked', subject: agent });
      return stored.version;
    });
    await keyRings.refresh(database);
    return version;
  }

  /**
   * Versions that were signed elsewhere, as by the root. All or none. Throws `keyring.invalid`,
   * also for a version under which this coordinator's own records would verify nowhere.
   */
  async publish(envelopes: readonly Envelope[], actor: Actor): Promise<number> {
    const { database, keyRings, reportKid } = this.#parts;
    const version = await database.transaction(async (tx) => {
      let { ring } = await lockKeyRings(tx, keyRings);
      for (const envelope of envelopes) ring = await storeNextRing(tx, envelope, ring, keyRings);
      requireReportKey(ring, reportKid, 'this coordinator');
      const subject = String(ring.version);
      await insertAudit(tx, { actor, action: 'keyring.published', subject });
      return ring.version;
    });
    await keyRings.refresh(database);
    return version;
  }

  #open(envelope: Envelope, nkeySignature: string, token: string): JoinStatement {
    const statement = openJoin(envelope, nodeVerifier);
    const signature = decodeBase64(nkeySignature);
    if (!verifyWithNkey(statement.nkey, joinMessage(envelope), signature)) {
      throw new TrustMonitorError('signature.invalid', 'the signature by the NKey does not verify');
    }
    if (statement.token !== joinTokenHash(token)) {
      throw refused('the request was signed for another join token');
    }
    return statement;
  }

  async #enrol(
    tx: Queryable,
    statement: JoinStatement,
    grant: JoinGrant,
    actor: Actor,
  ): Promise<Enrolled> {
    const { keyRings, clock } = this.#parts;
    const { agent, nkey } = statement;
    const { ring, logSize } = await lockKeyRings(tx, keyRings);
    requireName(agent, grant, ring);
    const signer = this.#requireSigner(ring);
    const { region } = grant;
    const next = enrolAgent(ring, { ...statement, region }, { logSize, nowMs: clock() });
    const stored = await storeNextRing(tx, signKeyRing(next, [signer]), ring, keyRings);
    await upsertEnrolledAgent(tx, agent, nkey);
    const detail = { region, keyring: stored.version };
    await insertAudit(tx, { actor, action: 'agent.enrolled', subject: agent, detail });
    const group = stored.key(statement.voteKey.kid)?.group ?? '';
    const [log] = stored.policy?.logs ?? [];
    return { agent, region, group, nkey, logVkey: log === undefined ? null : formatVkey(log) };
  }

  #requireSigner({ ring: { delegation } }: TrustedKeyRing): Signer {
    const { signer } = this.#parts;
    if (signer !== null && delegation?.key.kid === signer.kid) return signer;
    const why =
      signer === null ? 'it has no enrolment key' : 'the key ring does not name its enrolment key';
    throw new TrustMonitorError('enrolment.unavailable', `agents cannot be enrolled here: ${why}`, {
      where: 'TM_ENROLMENT_KEY_FILE',
      hint: 'Name the file of the key that the newest key ring delegates enrolment to.',
    });
  }
}

/** Names of the policy's own lines would make it say something else. */
const RESERVED_NAMES: readonly string[] = [PUSH.agent, 'agents', 'none'];

function requireName(agent: string, grant: JoinGrant, ring: TrustedKeyRing): void {
  if (grant.agent !== null && grant.agent !== agent) {
    throw refused(`the join token is for the agent ${grant.agent}, not for ${agent}`);
  }
  const elsewhere = ring.ring.keys.some(
    (key) => key.agent === agent && key.region !== grant.region,
  );
  const isTaken = ring.hasAgent(agent) && grant.agent === null;
  if (!isTaken && !elsewhere && !RESERVED_NAMES.includes(agent)) return;
  throw new TrustMonitorError('agent.exists', `the name ${agent} is taken`, {
    hint:
      'Choose another name. To put a new machine in the place of an old one of the same region, ' +
      'ask for a token that names it.',
  });
}

function refused(why: string): TrustMonitorError {
  return new TrustMonitorError('join.refused', why, {
    hint: 'Make a new one with "trustmonitor agents invite --region REGION"; it is good for an hour.',
  });
}

/** Whether somebody outside is at fault: a request that was signed wrongly is no fault of ours. */
export function isBadRequest(error: unknown): boolean {
  const codes = [
    'signature.invalid',
    'key.invalid',
    'key.unknown',
    'keyring.invalid',
    'message.malformed',
  ] as const;
  return codes.some((code) => isTrustMonitorError(error, code));
}
