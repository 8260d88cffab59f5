/** One version of a network's key ring, after its signatures were checked. */
import {
  parseTimestamp,
  type KeyRing,
  type KeyRole,
  type Member,
  type RingKey,
} from '@trustmonitor/protocol';
import { publicKeyOf } from '../ed25519/public-key.ts';
import { parsePolicy, type WitnessPolicy } from '../log/policy.ts';
import type { KeySource, TrustedKey } from './types.ts';

export interface Voter {
  readonly agent: string;
  readonly region: string;
  /** Ms since the epoch. */
  readonly sinceMs: number;
}

export class TrustedKeyRing implements KeySource {
  /** The signed document itself. */
  readonly ring: KeyRing;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
  readonly previous: TrustedKeyRing | null;
  readonly #entries: ReadonlyMap<string, RingKey>;
  /** Keys given out so far. Each is checked when first asked for: a ring may have 10,000. */
  readonly #usable = new Map<string, TrustedKey>();

  #policy: WitnessPolicy | null | undefined;
  #regions: ReadonlyMap<string, string> | undefined;
  #voters: readonly Voter[] | undefined;

  /** Only `verifyKeyRings` makes one: nothing here checks a signature. */
  constructor(ring: KeyRing, digest: string, previous: TrustedKeyRing | null) {
    this.ring = ring;
    this.digest = digest;
    this.previous = previous;
    this.#entries = new Map(ring.keys.map((key) => [key.kid, key]));
  }

  get network(): string {
    return this.ring.network;
  }

  get version(): number {
    return this.ring.version;
  }

  /** Which checkpoints to believe; null while the network has no log. */
  get policy(): WitnessPolicy | null {
    const { witness } = this.ring.policy;
    this.#policy ??= witness === null ? null : parsePolicy(witness);
    return this.#policy;
  }

  /** The key of this id. Throws `key.invalid` for one that no verifier should use. */
  key(kid: string): TrustedKey | undefined {
    const known = this.#usable.get(kid);
    if (known !== undefined) return known;
    const entry = this.#entries.get(kid);
    if (entry === undefined) return undefined;
    const key = { ...entry, publicKey: publicKeyOf(entry) };
    this.#usable.set(kid, key);
    return key;
  }

  /** The key of this id in this version or an earlier one. */
  find(kid: string): TrustedKey | undefined {
    return this.key(kid) ?? this.previous?.find(kid);
  }

  /** All keys of a role, in the ring's order. */
  keysOf(role: KeyRole): KeyRing['keys'] {
    return this.ring.keys.filter((key) => key.role === role);
  }

  /** The same, without those that were revoked. */
  standingKeysOf(role: KeyRole): KeyRing['keys'] {
    return this.keysOf(role).filter(({ revokedAtLogSize }) => revokedAtLogSize === null);
  }

  /** Whether an agent of this name has a vote key that was not revoked. */
  hasAgent(name: string): boolean {
    return this.regionOf(name) !== null;
  }

  /** The region that such an agent is in; null when there is none. */
  regionOf(name: string): string | null {
    this.#regions ??= new Map(this.voters().map(({ agent, region }) => [agent, region]));
    return this.#regions.get(name) ?? null;
  }

  /** Agents that may vote, each with its region and when that began. */
  voters(): readonly Voter[] {
    this.#voters ??= this.standingKeysOf('agent-vote').flatMap(({ agent, region, validFor }) =>
      agent === null || region === null
        ? []
        : [{ agent, region, sinceMs: parseTimestamp(validFor.start) }],
    );
    return this.#voters;
  }

  /** Regions that have a vote key, each with its voting group, by region name. */
  members(): Member[] {
    const groups = new Map<string, string>();
    for (const { region, group } of this.standingKeysOf('agent-vote')) {
      if (region !== null && group !== null) groups.set(region, group);
    }
    return [...groups]
      .map(([region, group]) => ({ region, group }))
      .toSorted((a, b) => (a.region < b.region ? -1 : 1));
  }

  /** Whether the ring was in force at a time: issued, and not yet expired. */
  inForceAt(epochMs: number): boolean {
    return (
      epochMs >= parseTimestamp(this.ring.issuedAt) && epochMs < parseTimestamp(this.ring.expires)
    );
  }

  /** This version or an earlier one of its chain. */
  at(version: number): TrustedKeyRing | undefined {
    if (this.version === version) return this;
    return this.previous?.at(version);
  }
}
