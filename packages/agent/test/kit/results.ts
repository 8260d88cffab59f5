/** Results to seal, and the proof that batches are one chain. */
import type { OpenedBatch } from '@trustmonitor/evidence';
import type { Result } from '@trustmonitor/protocol';
import { expect } from 'vitest';

let rounds = 0;

/** A valid result; each call is of another round. */
export function someResult(changes: Partial<Result> = {}): Result {
  rounds += 1;
  const none = null;
  return {
    v: 1,
    network: 'test-net',
    agent: 'eu-1',
    region: 'eu',
    monitor: 'shop',
    check: '0'.repeat(64),
    round: `00000000-0000-7000-8000-${String(rounds).padStart(12, '0')}`,
    attempt: 1,
    final: true,
    outcome: 'up',
    failure: null,
    startedAt: '2026-01-31T12:00:00.000Z',
    durationMs: 12,
    phases: {
      resolveUs: none,
      connectUs: 900,
      tlsUs: none,
      processingUs: 10_000,
      transferUs: 100,
      totalUs: 11_000,
    },
    response: null,
    selfCheck: { canaries: null, loopDelayUs: 0, queued: 0 },
    ...changes,
  };
}

export const aFailure = (changes: Partial<Result> = {}): Result =>
  someResult({
    outcome: 'down',
    failure: { class: 'connect_refused', attribution: 'target', detail: 'refused' },
    ...changes,
  });

/** Numbers from 1 without a gap, each used once, each naming the digest of the one before. */
export function expectOneChain(batches: readonly OpenedBatch[]): void {
  const numbers = batches.map(({ batch }) => batch.seq);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  batches.forEach(({ batch }, index) => {
    expect(batch.prev).toBe(batches[index - 1]?.digest ?? null);
  });
}
