/**
 * What evidence costs: sealing and opening batches per result, verifying a bundle's parts, and
 * growing and proving a log. Run `npm run bench -w packages/evidence` after a build.
 */
import {
  EMPTY_TREE,
  appendLeaves,
  concat,
  encodeUtf8,
  headOf,
  jwkOf,
  leafHash,
  nobleVerifier,
  openBatch,
  planConsistency,
  planInclusion,
  rootFileOf,
  sealBatch,
  signKeyRing,
  verifyInclusion,
  verifyKeyRings,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';

const NOW = '2026-01-31T12:00:00.000Z';
const LOG_LEAVES = 1_000_000;
const { sha256 } = nodeVerifier;

const [root, agent] = [generateSigner(), generateSigner()];
const always = { start: '2026-01-01T00:00:00.000Z', end: null };
const ring = {
  _type: 'https://trustmonitor.dev/keyring/v1',
  network: 'bench',
  version: 1,
  prev: null,
  issuedAt: always.start,
  expires: '2027-01-01T00:00:00.000Z',
  root: { threshold: 1, keys: [jwkOf(root.publicKey)] },
  keys: [
    {
      ...jwkOf(agent.publicKey),
      role: 'agent-vote',
      agent: 'fra-1',
      region: 'eu-central',
      group: 'hetzner',
      operator: null,
      validFor: always,
      revokedAtLogSize: null,
    },
  ],
  policy: { witness: null, f: 0 },
};
const trusted = verifyKeyRings([signKeyRing(ring, [root])], rootFileOf(ring), nodeVerifier);

const resultOf = (i) => ({
  v: 1,
  network: 'bench',
  agent: 'fra-1',
  region: 'eu-central',
  monitor: `monitor-${i}`,
  check: 'ab'.repeat(32),
  round: '019c13d1-0000-7000-8000-000000000001',
  attempt: 1,
  final: true,
  outcome: 'up',
  failure: null,
  startedAt: NOW,
  durationMs: 84,
  phases: {
    resolveUs: 1_200,
    connectUs: 9_800,
    tlsUs: 21_000,
    processingUs: 41_000,
    transferUs: 900,
    totalUs: 84_000,
  },
  response: {
    address: '192.0.2.10',
    addresses: ['192.0.2.10'],
    family: 4,
    httpVersion: '1.1',
    status: 200,
    headers: { 'content-type': 'text/html' },
    bodyBytes: 512,
    bodySha256: 'cd'.repeat(32),
    redirects: [],
    certificates: [{ sha256: 'ef'.repeat(32), notAfter: NOW }],
    tlsVersion: 'TLSv1.3',
    tlsCipher: 'TLS_AES_128_GCM_SHA256',
    tlsVerified: true,
    dns: null,
    icmp: null,
    failedAssertions: [],
  },
  selfCheck: { canaries: null, loopDelayUs: 310, queued: 0 },
});

/** Microseconds per call, over at least `leastMs` after warming up. */
function time(call, leastMs = 400) {
  for (let i = 0; i < 3; i++) call();
  let calls = 0;
  const from = process.hrtime.bigint();
  let spent;
  do {
    call();
    calls += 1;
    spent = Number(process.hrtime.bigint() - from) / 1_000;
  } while (spent < leastMs * 1_000);
  return spent / calls;
}

const row = (...cells) => console.log(cells.map((cell) => String(cell).padStart(14)).join(''));

row('results', 'bytes each', 'seal us each', 'open us each', 'opened /s', 'portable us');
for (const size of [1, 16, 100, 256, 4_096]) {
  const results = Array.from({ length: size }, (_, i) => resultOf(i));
  const header = {
    network: 'bench',
    agent: 'fra-1',
    seq: 1,
    prev: null,
    sealedAt: NOW,
    seen: null,
  };
  const seal = () => sealBatch(header, results, agent, sha256);
  const { message } = seal();
  const sealUs = time(seal) / size;
  const openUs = time(() => openBatch(message, trusted, nodeVerifier)) / size;
  const portableUs = time(() => openBatch(message, trusted, nobleVerifier), 100) / size;
  const cells = [sealUs, openUs].map((us) => us.toFixed(1));
  row(
    size,
    Math.round(message.length / size),
    ...cells,
    Math.round(1e6 / openUs),
    portableUs.toFixed(1),
  );
}

console.log();
const levels = [];
let tree = EMPTY_TREE;
const leaves = Array.from({ length: 1_000 }, (_, i) => leafHash(encodeUtf8(`leaf ${i}`), sha256));
const from = process.hrtime.bigint();
while (tree.size < LOG_LEAVES) {
  const appended = appendLeaves(tree, leaves, sha256);
  for (const { level, hashes } of appended.rows) (levels[level] ??= []).push(...hashes);
  tree = appended.tree;
}
const appendUs = Number(process.hrtime.bigint() - from) / 1_000 / LOG_LEAVES;
const head = headOf(tree, sha256);
// Tiles as the database hands them over: bytes at hand, one piece each.
const tiles = new Map();
for (const [level, hashes] of levels.entries()) {
  for (let start = 0; start < hashes.length; start += 256) {
    tiles.set(`${level}/${start / 256}`, concat(...hashes.slice(start, start + 256)));
  }
}
const read = ({ level, index }) => tiles.get(`${level}/${index}`);

row('log leaves', 'append us each', 'inclusion us', 'consistency us', 'verify us');
let at = 0;
const next = () => (at = (at + 7_919) % tree.size);
const include = (index) => planInclusion(index, tree.size, sha256).build(read);
const inclusionUs = time(() => include(next()));
const consistencyUs = time(() => planConsistency(next() + 1, tree.size, sha256).build(read));
const proof = include(1);
const verifyUs = time(() => {
  if (!verifyInclusion(leaves[1], 1, tree.size, proof, head, sha256)) throw new Error('no proof');
});
row(tree.size, ...[appendUs, inclusionUs, consistencyUs, verifyUs].map((us) => us.toFixed(1)));
