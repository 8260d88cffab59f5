/** Check definitions whose digest was verified, so that the same one costs nothing next time. */
import { canonicalBytes, digestOf } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { Job } from '@trustmonitor/protocol';

export interface KnownChecks {
  /** Whether the definition is the one that the digest names. */
  matches(check: Job['check']): boolean;
}

/**
 * An agent is sent the same definitions again and again, spelled the same way. Comparing the
 * spelling takes 2 us; canonicalising and hashing 60. `limit` bounds the memory to some 10 MB.
 */
export function createKnownChecks(limit = 10_000): KnownChecks {
  /** By digest, the text that was found to have it. */
  const verified = new Map<string, string>();
  return {
    matches({ digest, definition }) {
      const text = JSON.stringify(definition);
      if (verified.get(digest) === text) return true;
      if (digestOf(canonicalBytes(definition), nodeVerifier.sha256) !== digest) return false;
      if (verified.size >= limit) verified.clear();
      verified.set(digest, text);
      return true;
    },
  };
}
