import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bundle, BundledVote } from '@trustmonitor/protocol';
import {
  canonicalBytes,
  canonicalText,
  decodeUtf8,
  encodeUtf8,
  verifyBundle,
  type CheckCode,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { failedCheck } from './fixture/failed.ts';
import { incidentFixture, resultOf } from './fixture/incident.ts';
import { AGENTS, REPORT, keyRing, network, ringKey } from './fixture/network.ts';

/** Cases of a single changed byte; `TM_TAMPER_CASES=10000` runs them all. */
const CASES = Number(process.env['TM_TAMPER_CASES'] ?? 2_000);

const { net, bytes } = incidentFixture();
const verify = (file: Uint8Array, root = net.root) =>
  verifyBundle(file, root, { verifier: nodeVerifier });

const failed = (file: Uint8Array, root = net.root) => failedCheck(file, root);

const bundle = () => JSON.parse(decodeUtf8(bytes)) as Bundle;
const written = (value: Bundle) => canonicalBytes(value);

describe('a bundle with one byte changed', () => {
  it(`is refused (${CASES} cases)`, { timeout: 600_000 }, () => {
    const change = fc.tuple(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([position, mask]) => {
        const changed = bytes.slice();
        changed[position]! ^= mask;
        expect(verify(changed).passed).toBe(false);
      }),
      { numRuns: CASES },
    );
  });

  it('is refused with a byte removed, doubled or inserted', { timeout: 60_000 }, () => {
    const change = fc.tuple(fc.nat(bytes.length - 2), fc.constantFrom('remove', 'double', ' '));
    fc.assert(
      fc.property(change, ([position, how]) => {
        const kept = how === 'remove' ? 0 : 1;
        const more = how === 'double' ? [bytes[position]!] : how === ' ' ? [0x20] : [];
        const changed = [
          ...bytes.subarray(0, position + kept),
          ...more,
          ...bytes.subarray(position + 1),
        ];
        expect(verify(Uint8Array.from(changed)).passed).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the file itself', () => {
  it('may or may not end with a line break, and with one at most', () => {
    expect(failed(bytes.subarray(0, -1))).toBeNull();
    expect(failed(encodeUtf8(`${decodeUtf8(bytes)}\n`))).toBe('bundle.format');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['JSON of another kind', '{"mediaType":"application/json"}'],
    ['an array', '[]'],
    ['a number', '1'],
    ['null', 'null'],
  ])('is malformed when it holds %s', (_, text) => {
    expect(verify(encodeUtf8(text))).toMatchObject({ passed: false, malformed: true });
  });

  it('is malformed when it is not text', () => {
    expect(verify(Uint8Array.of(0x1f, 0x8b, 0x08)).malformed).toBe(true);
  });

  it('cannot put control characters on a terminal', () => {
    const [vote] = bundle().votes;
    const signature = { ...vote!.batch.signatures[0]!, keyid: '\u001b[2J\u202e' };
    const file = written(
      withVote(bundle(), { batch: { ...vote!.batch, signatures: [signature] } }),
    );
    const { checks } = verify(file);
    expect(checks.at(-1)).toMatchObject({
      code: 'votes.signature',
      detail: 'key \ufffd[2J\ufffd may not sign this (key.unknown)',
    });
  });

  it.each([
    ['indented', () => encodeUtf8(JSON.stringify(bundle(), null, 2))],
    ['with an unknown field', () => canonicalBytes({ ...bundle(), extra: 1 })],
    ['without its votes', () => canonicalBytes({ ...bundle(), votes: undefined })],
  ])('is a bundle that does not verify when it is %s', (_, write) => {
    const file = write();
    expect(failed(file)).toBe('bundle.format');
    expect(verify(file).malformed).toBe(false);
  });
});

describe('what belongs to the bundle', () => {
  it.each<[string, CheckCode, (value: Bundle) => Bundle]>([
    ['a vote removed', 'votes.complete', (b) => ({ ...b, votes: b.votes.slice(1) })],
    ['a vote doubled', 'votes.complete', (b) => ({ ...b, votes: [...b.votes, b.votes[0]!] })],
    ['two votes swapped', 'votes.complete', (b) => ({ ...b, votes: swap(b.votes, 0, 5) })],
    [
      'a vote put in the place of another',
      'votes.inclusion',
      (b) => ({ ...b, votes: b.votes.with(0, b.votes[1]!) }),
    ],
    [
      "another result of the vote's batch",
      'votes.inclusion',
      (b) => withVote(b, { leaf: canonicalText(resultOf(AGENTS[0]!, { monitor: 'other' })) }),
    ],
    [
      'an audit path cut short',
      'votes.inclusion',
      (b) => withVote(b, { proof: b.votes[0]!.proof.slice(1) }),
    ],
    [
      'an audit path with more',
      'votes.inclusion',
      (b) => withVote(b, { proof: [...b.votes[0]!.proof, '00'.repeat(32)] }),
    ],
    ['the first record left out', 'record.chain', (b) => ({ ...b, chain: [] })],
    [
      'the records in another order',
      'record.chain',
      (b) => ({ ...b, incident: b.chain[0]!, chain: [b.incident] }),
    ],
    ['a record twice', 'record.chain', (b) => ({ ...b, chain: [b.chain[0]!, b.chain[0]!] })],
    [
      'the latest record left out',
      'votes.complete',
      (b) => ({ ...b, incident: b.chain[0]!, chain: [] }),
    ],
    ['no key ring', 'bundle.format', (b) => ({ ...b, keyrings: [] })],
    [
      'the key ring twice',
      'keyring.chain',
      (b) => ({ ...b, keyrings: [b.keyrings[0]!, b.keyrings[0]!] }),
    ],
    [
      'another definition',
      'record.subject',
      (b) => ({ ...b, definitions: [{ ...b.definitions[0]!, timeoutMs: 5_001 }] }),
    ],
    ['a log proof that nobody can check', 'log.inclusion', (b) => ({ ...b, tlogProof: 'x' })],
    ['a note that nobody can check', 'log.inclusion', (b) => ({ ...b, seenNotes: ['x'] })],
  ])('%s: %s fails', (_, code, change) => {
    expect(failed(written(change(bundle())))).toBe(code);
  });

  it('another root: keyring.chain fails', () => {
    const other = network({ root: { threshold: 1, keys: keyRing().root.keys } });
    expect(failed(bytes, { ...other.root, network: 'rival' })).toBe('keyring.chain');
    const stranger = {
      ...net.root,
      keys: [ringKey(REPORT, 'root')].map(({ kty, crv, x, kid, alg }) => ({
        kty,
        crv,
        x,
        kid,
        alg,
      })),
    };
    expect(failed(bytes, stranger)).toBe('keyring.chain');
  });
});

function swap(votes: BundledVote[], a: number, b: number): BundledVote[] {
  return votes.with(a, votes[b]!).with(b, votes[a]!);
}
function withVote(value: Bundle, change: Partial<BundledVote>): Bundle {
  return { ...value, votes: value.votes.with(0, { ...value.votes[0]!, ...change }) };
}
