import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_TYPE, PAYLOAD_TYPES, type Batch, type Result } from '@trustmonitor/protocol';
import {
  canonicalBytes,
  canonicalText,
  concat,
  decodeUtf8,
  encodeHex,
  encodeUtf8,
  leafHash,
  nobleVerifier,
  openBatch,
  sealBatch,
  signEnvelope,
  treeHead,
  type BatchHeader,
  type Signer,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { AGENTS, NETWORK, REPORT, T0, at, keyRing, network, ringKey } from './fixture/network.ts';
import { resultOf } from './fixture/incident.ts';

const [agent, other] = [AGENTS[0]!, AGENTS[1]!];
const { ring } = network();
const header: BatchHeader = {
  network: NETWORK,
  agent: agent.agent,
  seq: 1,
  prev: null,
  sealedAt: at(T0 + 100),
  seen: null,
};
const results = [
  resultOf(agent),
  resultOf(agent, { outcome: 'down' }),
  resultOf(agent, { attempt: 2 }),
];
const open = (message: Uint8Array, keys = ring) => openBatch(message, keys, nodeVerifier);

/** Signs a batch over any lines at all, as a faulty or hostile agent might. */
function forge(
  lines: readonly string[],
  changes: Partial<Batch> = {},
  signer: Signer = agent.signer,
) {
  const hashes = lines.map((line) => leafHash(encodeUtf8(line)));
  const payload = {
    _type: BATCH_TYPE,
    ...header,
    size: lines.length,
    root: encodeHex(treeHead(hashes)),
    ...changes,
  };
  const envelope = signEnvelope(PAYLOAD_TYPES.batch, canonicalBytes(payload), signer);
  return encodeUtf8([canonicalText(envelope), ...lines, ''].join('\n'));
}
const lineOf = (changes: Partial<Result> = {}) => canonicalText(resultOf(agent, changes));

describe('a sealed batch', () => {
  const sealed = sealBatch(header, results, agent.signer);

  it.each([
    ['noble', nobleVerifier],
    ['node', nodeVerifier],
  ])('opens to the same results, with %s', (_, verifier) => {
    const opened = openBatch(sealed.message, ring, verifier);
    expect(opened.leaves.map(({ result }) => result)).toEqual(results);
    expect(opened.leaves.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(opened.leaves[1]!.hash).toBe(encodeHex(leafHash(canonicalBytes(results[1]))));
    expect(opened.batch).toMatchObject({ seq: 1, size: 3, prev: null });
    expect(opened.digest).toBe(sealed.digest);
    expect(opened.key).toMatchObject({ region: agent.region, group: agent.group });
  });

  it('is one line of envelope and one line per result, as it is hashed', () => {
    const lines = decodeUtf8(sealed.message).split('\n');
    expect(lines.slice(1)).toEqual([...results.map((result) => canonicalText(result)), '']);
  });

  it('has at least one result', () => {
    expect(() => sealBatch(header, [], agent.signer)).toThrow(
      expect.objectContaining({ code: 'batch.invalid' }),
    );
  });

  it('is refused with any byte changed', () => {
    const changed = fc.tuple(fc.nat(sealed.message.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([position, mask]) => {
        const message = sealed.message.slice();
        message[position]! ^= mask;
        expect(() => open(message)).toThrow(expect.objectContaining({ code: expect.any(String) }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('openBatch refuses', () => {
  it.each([
    ['a result left out', forge([lineOf()], { size: 2 }), 'batch.invalid'],
    ['a result added', forge([lineOf(), lineOf()], { size: 1 }), 'batch.invalid'],
    ['another root', forge([lineOf()], { root: '00'.repeat(32) }), 'batch.invalid'],
    ['a result of another agent', forge([lineOf({ agent: other.agent })]), 'batch.invalid'],
    ['a result of another region', forge([lineOf({ region: other.region })]), 'batch.invalid'],
    ['a result of another network', forge([lineOf({ network: 'rival' })]), 'batch.invalid'],
    ['a batch of another network', forge([lineOf()], { network: 'rival' }), 'batch.invalid'],
    [
      'a batch in the name of another agent',
      forge([lineOf()], { agent: other.agent }),
      'batch.invalid',
    ],
    [
      "a batch signed with another agent's key",
      forge([lineOf()], {}, other.signer),
      'batch.invalid',
    ],
    ['a report key', forge([lineOf()], {}, REPORT), 'key.unknown'],
    [
      'an unknown field',
      forge([canonicalText({ ...resultOf(agent), extra: 1 })]),
      'message.malformed',
    ],
    ['an unknown version', forge([canonicalText({ ...resultOf(agent), v: 2 })]), 'message.version'],
    [
      'a later version of batches',
      forge([lineOf()], { _type: 'https://trustmonitor.dev/batch/v2', more: 1 } as never),
      'message.version',
    ],
    [
      'white space',
      forge([JSON.stringify(resultOf(agent), null, 1).replaceAll('\n', '')]),
      'message.malformed',
    ],
    ['fields out of order', forge([JSON.stringify(resultOf(agent))]), 'message.malformed'],
    ['a result that is not JSON', forge(['{']), 'message.malformed'],
    ['an empty result', forge(['']), 'message.malformed'],
    ['a result that is too large', forge(['x'.repeat(70_000)]), 'input.too_large'],
    [
      'an impossible date',
      forge([lineOf()], { sealedAt: '2026-13-45T99:00:00.000Z' }),
      'batch.invalid',
    ],
    [
      'a date before the key was good',
      forge([lineOf()], { sealedAt: at(T0 - 2 * 86_400_000) }),
      'batch.time',
    ],
    [
      'an unknown field in the payload',
      forge([lineOf()], { extra: 1 } as never),
      'message.malformed',
    ],
    ['a last line cut short', forge([lineOf()]).subarray(0, -1), 'message.malformed'],
    ['an empty line more', concat(forge([lineOf()]), encodeUtf8('\n')), 'batch.invalid'],
    ['nothing', new Uint8Array(0), 'message.malformed'],
    ['a line break', encodeUtf8('\n'), 'message.malformed'],
    ['bytes that are not text', Uint8Array.of(0xff, 0xfe, 0x0a), 'message.malformed'],
    ['a message over the limit', new Uint8Array(8 * 1024 * 1024 + 1), 'input.too_large'],
    ['too many results', encodeUtf8('\n'.repeat(5_000)), 'input.too_large'],
    ['a long envelope', encodeUtf8(`${'x'.repeat(10_000)}\n`), 'input.too_large'],
  ])('%s', (_, message, code) => {
    expect(() => open(message)).toThrow(expect.objectContaining({ code }));
  });

  it('a key that the ring does not have', () => {
    const { ring: without } = network({ keys: [ringKey(REPORT, 'coordinator-report')] });
    expect(() => open(forge([lineOf()]), without)).toThrow(
      expect.objectContaining({ code: 'key.unknown' }),
    );
  });

  it('a key after its time', () => {
    const keys = keyRing().keys.map((key) => ({
      ...key,
      validFor: { ...key.validFor, end: at(T0 + 100) },
    }));
    expect(() => open(forge([lineOf()]), network({ keys }).ring)).toThrow(
      expect.objectContaining({ code: 'batch.time' }),
    );
  });

  it('anything else, without any other kind of error', () => {
    const line = fc.oneof(fc.string(), fc.json(), fc.constant(lineOf()));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const message = encodeUtf8(`${lines.join('\n')}\n`);
        expect(() => open(message)).toThrow(expect.objectContaining({ name: 'TrustMonitorError' }));
      }),
      { numRuns: 300 },
    );
  });
});
