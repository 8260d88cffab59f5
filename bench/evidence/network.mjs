// A network of five agents with a log that they witness, and one incident's bundle from it.
import {
  EMPTY_TREE,
  addSignatureLines,
  appendLeaves,
  buildBundle,
  checkDigest,
  cosign,
  decodeUtf8,
  digestOf,
  encodeHex,
  encodeUtf8,
  formatTlogProof,
  formatVkey,
  headOf,
  jwkOf,
  leafHash,
  logLeafOf,
  noteKeyOf,
  proveVotes,
  rootFileOf,
  sealBatch,
  signCheckpoint,
  signKeyRing,
  signRecord,
  canonicalBytes,
  MerkleTree,
  verifyKeyRings,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import { makeUuid7, targetOf } from '@trustmonitor/protocol';

const NETWORK = 'bench';
const ORIGIN = 'bench.example/log';
const T0 = Date.parse('2026-01-31T12:00:00.000Z');
const at = (ms) => new Date(ms).toISOString();
const always = { start: at(T0 - 86_400_000), end: null };
const uuid = (ms) => makeUuid7(ms, new Uint8Array(10));

const DEFINITION = {
  type: 'http',
  url: 'https://shop.example/checkout',
  timeoutMs: 5_000,
  assertions: [],
  degradedAfterMs: 2_000,
  retries: { count: 0, backoffMs: 100, classes: [] },
  http: {
    method: 'GET',
    headers: { 'user-agent': 'trustmonitor' },
    body: null,
    auth: null,
    version: '1.1',
    followRedirects: true,
    maxRedirects: 5,
    maxBodyBytes: 65_536,
    ipFamily: 'any',
    tls: { verify: true, serverName: null, ca: null, client: null },
    traceparent: true,
  },
};
const CHECK = checkDigest(DEFINITION);

const [root, report, log] = [generateSigner(), generateSigner(), generateSigner()];
export const agents = ['eu-central', 'us-east', 'ap-south', 'sa-east', 'af-south'].map(
  (region) => ({
    agent: `${region}-1`,
    region,
    group: `provider-${region}`,
    vote: generateSigner(),
    witness: generateSigner(),
  }),
);

const keyOf = (signer, role, of = { agent: null, region: null, group: null }) => ({
  ...jwkOf(signer.publicKey),
  role,
  agent: of.agent,
  region: of.region,
  group: of.group,
  operator: null,
  validFor: always,
  revokedAtLogSize: null,
});
const witnessName = ({ agent }) => `bench.example/${agent}`;
const ring = {
  _type: 'https://trustmonitor.dev/keyring/v1',
  network: NETWORK,
  version: 1,
  prev: null,
  issuedAt: always.start,
  expires: at(T0 + 365 * 86_400_000),
  root: { threshold: 1, keys: [jwkOf(root.publicKey)] },
  keys: [
    keyOf(report, 'coordinator-report'),
    keyOf(log, 'log'),
    ...agents.flatMap((of) => [
      keyOf(of.vote, 'agent-vote', of),
      keyOf(of.witness, 'agent-witness', of),
    ]),
  ],
  policy: { witness: policyText(), f: 1 },
};
const keyrings = [signKeyRing(ring, [root])];
export const rootFile = rootFileOf(ring);
export const trusted = verifyKeyRings(keyrings, rootFile, nodeVerifier);

function policyText() {
  return [
    `log ${formatVkey(noteKeyOf(ORIGIN, 'ed25519', log.publicKey))}`,
    ...agents.map((of) => {
      const key = noteKeyOf(witnessName(of), 'cosignature', of.witness.publicKey);
      return `witness ${of.agent} ${formatVkey(key)}`;
    }),
    `group all 3 ${agents.map(({ agent }) => agent).join(' ')}`,
    'quorum all',
    '',
  ].join('\n');
}

/** What an agent saw of one monitor. */
export const resultOf = (of, changes = {}) => ({
  v: 1,
  network: NETWORK,
  agent: of.agent,
  region: of.region,
  monitor: 'checkout',
  check: CHECK,
  round: uuid(T0),
  attempt: 1,
  final: true,
  outcome: 'up',
  failure: null,
  startedAt: at(T0 + 20),
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
    status: changes.outcome === 'down' ? 503 : 200,
    headers: { 'content-type': 'text/html' },
    bodyBytes: 512,
    bodySha256: 'cd'.repeat(32),
    redirects: [],
    certificates: [{ sha256: 'ef'.repeat(32), notAfter: at(T0 + 90 * 86_400_000) }],
    tlsVersion: 'TLSv1.3',
    tlsCipher: 'TLS_AES_128_GCM_SHA256',
    tlsVerified: true,
    dns: null,
    icmp: null,
    failedAssertions: [],
  },
  selfCheck: { canaries: 'ok', loopDelayUs: 310, queued: 0 },
  ...changes,
});

export const headerOf = (of, seq, sealedAtMs, prev = null, seen = null) => ({
  network: NETWORK,
  agent: of.agent,
  seq,
  prev,
  sealedAt: at(sealedAtMs),
  seen,
});

/** A checkpoint over some leaves, signed by the log and cosigned by every agent. */
function cosignedCheckpoint(leaves, timeS) {
  const { tree } = appendLeaves(EMPTY_TREE, leaves);
  const note = signCheckpoint({ origin: ORIGIN, size: tree.size, root: headOf(tree) }, log);
  const lines = agents.map((of) => cosign(note, witnessName(of), of.witness, timeS));
  return addSignatureLines(note, lines);
}

/** Five agents see it down in two rounds: an incident's first record, proved, logged, witnessed. */
export function fiveAgentBundle() {
  const early = [leafHash(Uint8Array.of(0))];
  const seenNote = cosignedCheckpoint(early, T0 / 1_000 - 10);
  const { tree } = appendLeaves(EMPTY_TREE, early);
  const seen = {
    size: 1,
    root: encodeHex(headOf(tree)),
    note: digestOf(encodeUtf8(seenNote)),
  };
  const rounds = [0, 10_000].map((after) => roundOf(T0 + after, seen));
  const record = recordOf(rounds);
  const leaves = [
    ...Array.from({ length: 1_000 }, (_, i) => leafHash(Uint8Array.of(i & 255))),
    leafHash(logLeafOf(record.envelope, [report.publicKey])),
  ];
  const checkpoint = cosignedCheckpoint(leaves, T0 / 1_000 + 12);
  const path = new MerkleTree(leaves).inclusionProof(1_000);
  return buildBundle({
    records: [record.envelope],
    votes: rounds.flatMap(({ proofs }) => proofs),
    keyrings,
    definitions: [DEFINITION],
    tlogProof: formatTlogProof({ index: 1_000, path, checkpoint }),
    places: [],
    seenNotes: [seenNote],
  });
}

const prevOf = new Map();

function roundOf(openedAtMs, seen) {
  const round = uuid(openedAtMs);
  const sealed = agents.map((of) => {
    const result = resultOf(of, {
      round,
      outcome: 'down',
      failure: { class: 'server_error', attribution: 'target', detail: 'expected 200, got 503' },
      startedAt: at(openedAtMs + 20),
    });
    const { digest, seq } = prevOf.get(of) ?? { digest: null, seq: 0 };
    const header = headerOf(of, seq + 1, openedAtMs + 150, digest, seen);
    const batch = sealBatch(header, [result], of.vote);
    prevOf.set(of, batch);
    const envelope = JSON.parse(decodeUtf8(batch.message).split('\n')[0]);
    const leaf = canonicalBytes(result);
    const hash = leafHash(leaf);
    const [proof] = proveVotes({ envelope, leafHashes: [hash] }, [{ index: 0, leaf }]);
    return {
      proof,
      vote: {
        agent: of.agent,
        region: of.region,
        round,
        vote: 'down',
        batch: batch.digest,
        index: 0,
        leaf: encodeHex(hash),
      },
    };
  });
  return {
    recorded: {
      round,
      openedAt: at(openedAtMs),
      closedAt: at(openedAtMs + 400),
      verdict: 'down',
    },
    votes: sealed.map(({ vote }) => vote),
    proofs: sealed.map(({ proof }) => proof),
  };
}

function recordOf(rounds) {
  return signRecord(
    {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: targetOf(DEFINITION), digest: { sha256: CHECK } }],
      predicateType: 'https://trustmonitor.dev/predicates/incident/v1',
      predicate: {
        network: NETWORK,
        monitor: 'checkout',
        revision: 1,
        incident: uuid(T0 + 10_000),
        step: 'open',
        previous: null,
        verdict: 'down',
        openedAt: at(T0 + 10_400),
        resolvedAt: null,
        recordedAt: at(T0 + 10_500),
        rounds: rounds.map(({ recorded }) => recorded),
        policy: {
          quorum: 'majority',
          confirmRounds: 2,
          confirmAfterMs: 5_000,
          recoverRounds: 2,
          partialOpens: false,
        },
        members: agents
          .map(({ region, group }) => ({ region, group }))
          .toSorted((a, b) => (a.region < b.region ? -1 : 1)),
        keyring: { version: trusted.version, digest: trusted.digest },
        votes: rounds.flatMap(({ votes }) => votes),
      },
    },
    report,
  );
}
