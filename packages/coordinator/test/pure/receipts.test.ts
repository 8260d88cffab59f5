import { sealBatch, signerFromSeed, type openBatch } from '@trustmonitor/evidence';
import { TrustMonitorError, receiptParser, type Result } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { committed, refused, refusedUnopened } from '../../src/receipts.ts';

const header = {
  network: 'test',
  agent: 'eu-1',
  seq: 7,
  prev: null,
  sealedAt: '2026-01-31T12:00:00.000Z',
  seen: null,
};
const signer = signerFromSeed(new Uint8Array(32).fill(7));
const sealed = sealBatch(header, [{ any: 'thing' } as unknown as Result], signer);
const opened = {
  digest: sealed.digest,
  batch: { agent: 'eu-1', seq: 7 },
} as unknown as ReturnType<typeof openBatch>;
const why = new TrustMonitorError('signature.invalid', 'x'.repeat(500));

describe('a receipt', () => {
  test('names the batch and says what became of it', () => {
    const name = { v: 1, agent: 'eu-1', seq: 7, batch: sealed.digest };
    expect(committed(opened)).toEqual({ ...name, status: 'committed', reason: '' });
    expect(refused(opened, 'no')).toEqual({ ...name, status: 'refused', reason: 'no' });
  });

  test('is always one that an agent can read', () => {
    const unopened = refusedUnopened('eu-1', sealed.message, why);
    for (const receipt of [committed(opened), refused(opened, 'x'.repeat(999)), unopened]) {
      expect(receiptParser.check(receipt)).toBe(true);
    }
  });
});

describe('a batch that could not be opened', () => {
  test('is named by its own words, to the agent that sent it, with the stable code', () => {
    expect(refusedUnopened('us-1', sealed.message, why)).toMatchObject({
      agent: 'us-1',
      seq: 7,
      batch: sealed.digest,
      status: 'refused',
      reason: expect.stringMatching(/^signature\.invalid: x+$/) as string,
    });
  });

  test('is not answered when it does not even say which it is', () => {
    const texts = ['', '{}', 'no json', '{"payload":"!!"}', '[]', '\n', '\u0000'];
    for (const text of texts) {
      expect(refusedUnopened('eu-1', new TextEncoder().encode(text), why)).toBeNull();
    }
    expect(refusedUnopened('eu-1', Uint8Array.of(0xff, 0xfe, 0x0a), why)).toBeNull();
  });
});
