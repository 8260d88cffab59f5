/**
 * Lets agents into the broker, for a while at a time. A credential goes to the agent with the
 * answer to a heartbeat, which the broker lets only that agent send and receive.
 */
import { issueCredential, type BrokerUser } from '@trustmonitor/bus';
import {
  agentPermissions,
  formatTimestamp,
  parseTimestamp,
  type Beat,
} from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { KeyRings } from '../keyrings.ts';

/** How long one lasts: what a revoked agent may go on to hear, though nothing it says counts. */
const CREDENTIAL_MS = 3_600_000;
/** Renewed with this much left: an agent has half an hour to hear of it. */
const RENEW_BEFORE_MS = CREDENTIAL_MS / 2;

export interface CredentialParts {
  /** Seed of the network's account at the broker. */
  readonly accountSeed: string;
  readonly keyRings: Pick<KeyRings, 'ring'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Credentials {
  readonly #parts: CredentialParts;
  /** Made for the agent's next heartbeat, by agent. */
  readonly #ready = new Map<string, string>();

  constructor(parts: CredentialParts) {
    this.#parts = parts;
  }

  /** A new credential for an agent in a region. */
  issue(agent: string, region: string, nkey: string): Promise<string> {
    const { accountSeed, clock } = this.#parts;
    const user: BrokerUser = {
      nkey,
      name: agent,
      ...agentPermissions(agent, region),
      expiresAtMs: clock() + CREDENTIAL_MS,
    };
    return issueCredential(accountSeed, user);
  }

  /** What the answer to this heartbeat should bring; made by the time of the one after it. */
  forBeat({ agent, region, credential }: Beat): string | undefined {
    const { keyRings, clock } = this.#parts;
    if (credential === undefined || !keyRings.ring.hasAgent(agent)) return undefined;
    const leftMs = parseTimestamp(credential.expiresAt) - clock();
    if (!(leftMs < RENEW_BEFORE_MS)) {
      this.#ready.delete(agent);
      return undefined;
    }
    const ready = this.#ready.get(agent);
    if (ready === undefined) void this.#prepare(agent, region, credential.nkey);
    return ready;
  }

  async #prepare(agent: string, region: string, nkey: string): Promise<void> {
    const { log, clock } = this.#parts;
    try {
      this.#ready.set(agent, await this.issue(agent, region, nkey));
      log.info(
        { agent, expiresAt: formatTimestamp(clock() + CREDENTIAL_MS) },
        'credential renewed',
      );
    } catch (error) {
      log.error({ err: error, agent }, 'a credential cannot be made');
    }
  }
}
