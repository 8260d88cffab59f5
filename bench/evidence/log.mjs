// The log at a million leaves: growing it and proving from it, in memory and from PostgreSQL.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EMPTY_TREE,
  Tile,
  appendLeaves,
  concat,
  encodeUtf8,
  headOf,
  leafHash,
  planConsistency,
  planInclusion,
  verifyInclusion,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { startPostgres } from '@trustmonitor/servers';
import { appendToLog } from '../../packages/coordinator/dist/log/append.js';
import {
  consistencyPath,
  inclusionPath,
  tlogProofOf,
} from '../../packages/coordinator/dist/log/proofs.js';
import { openDatabase } from '../../packages/coordinator/dist/store/database.js';
import {
  appendTiles,
  insertCheckpoint,
  updateCosigned,
  updateLogTree,
} from '../../packages/coordinator/dist/store/log.js';
import { migrate } from '../../packages/coordinator/dist/store/migrate.js';
import { printTable, quantile, time, timeEach, timeOnce } from './measure.mjs';

const { sha256 } = nodeVerifier;
const APPEND_AT_ONCE = 1_000;
const PROOFS = 1_000;
/** Within the statement timeout on a busy machine too. */
const ENTRIES_AT_ONCE = 50_000;
const APPENDED_FOR_REAL = 50_000;

export async function measureLog(leaves) {
  const log = await growInMemory(leaves);
  printInMemory(log);
  const folder = mkdtempSync(join(tmpdir(), 'tm-bench-'));
  const server = await startPostgres({ dataDirectory: folder, log: () => undefined });
  try {
    const database = await openDatabase({ url: server.url });
    try {
      await migrate(database);
      await printFromDatabase(database, log);
    } finally {
      await database.close();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function growInMemory(size) {
  const hashes = Array.from({ length: APPEND_AT_ONCE }, (_, i) =>
    leafHash(encodeUtf8(`leaf ${i}`), sha256),
  );
  const levels = [];
  let tree = EMPTY_TREE;
  const spentUs = await timeOnce(() => {
    while (tree.size < size) {
      const appended = appendLeaves(tree, hashes, sha256);
      for (const { level, hashes: more } of appended.rows) (levels[level] ??= []).push(...more);
      tree = appended.tree;
    }
  });
  return { tree, levels, hashes, appendUs: spentUs / tree.size };
}

/** Places spread over the tree: no two calls in a row share a tile. */
function placesIn(size) {
  let at = 0;
  return () => (at = (at + 7_919) % size);
}

function printInMemory({ tree, levels, hashes, appendUs }) {
  const head = headOf(tree, sha256);
  const bytes = new Map();
  for (const [level, row] of levels.entries()) {
    for (let start = 0; start < row.length; start += 256) {
      bytes.set(`${level}/${start / 256}`, concat(...row.slice(start, start + 256)));
    }
  }
  const fresh = ({ level, index }) => new Tile(bytes.get(`${level}/${index}`), sha256);
  const kept = new Map();
  const keep = (id) => {
    const name = `${id.level}/${id.index}`;
    if (!kept.has(name)) kept.set(name, fresh(id));
    return kept.get(name);
  };
  const next = placesIn(tree.size);
  const include = (tileAt) => time(() => planInclusion(next(), tree.size, sha256).build(tileAt));
  const extend = (tileAt) =>
    time(() => planConsistency(next() + 1, tree.size, sha256).build(tileAt));
  const proof = planInclusion(1, tree.size, sha256).build(keep);
  const verifyUs = time(() => {
    if (!verifyInclusion(hashes[1], 1, tree.size, proof, head, sha256)) throw new Error('no proof');
  });
  printTable(
    `A log of ${tree.size} leaves, in memory`,
    ['what', 'CPU us', '/s'],
    [
      ['append a leaf', appendUs],
      ['prove inclusion, tiles as read', include(fresh)],
      ['prove inclusion, tiles kept', include(keep)],
      ['prove consistency, tiles as read', extend(fresh)],
      ['prove consistency, tiles kept', extend(keep)],
      ['verify inclusion', verifyUs],
    ].map(([what, us]) => [what, us.toFixed(1), Math.round(1e6 / us)]),
  );
}

async function printFromDatabase(database, { tree, levels }) {
  const perSecond = await appendForReal(database);
  const digests = await fill(database, tree, levels);
  const next = placesIn(tree.size);
  const rows = [
    ['inclusion', () => inclusionPath(database, next(), tree.size)],
    ['consistency', () => consistencyPath(database, next() + 1, tree.size)],
    ['tlog-proof of a digest', () => tlogProofOf(database, digests[next() % digests.length])],
  ];
  const times = [];
  for (const [what, prove] of rows) {
    const each = await timeEach(prove, PROOFS, 200);
    const cpuUs = await timeOnce(() => timeEach(prove, PROOFS, 0));
    times.push([what, each, cpuUs / PROOFS]);
  }
  printTable(
    `The same from PostgreSQL; ${Math.round(perSecond)} leaves/s appended, ${APPEND_AT_ONCE} a transaction`,
    ['proof', 'median ms', 'p99 ms', 'CPU us'],
    times.map(([what, each, cpuUs]) => [
      what,
      quantile(each, 0.5).toFixed(2),
      quantile(each, 0.99).toFixed(2),
      cpuUs.toFixed(0),
    ]),
  );
}

/** As records and batches are appended: entries, tiles and the tree in one transaction. */
async function appendForReal(database) {
  const publicKeys = [new Uint8Array(32)];
  const itemOf = () => ({
    kind: 'batch',
    digest: randomBytes(32).toString('hex'),
    envelope: {
      payloadType: 'application/vnd.trustmonitor.batch+json',
      payload: randomBytes(300).toString('base64'),
      signatures: [{ keyid: 'bench', sig: randomBytes(64).toString('base64') }],
    },
    publicKeys,
  });
  let spentMs = 0;
  for (let done = 0; done < APPENDED_FOR_REAL; done += APPEND_AT_ONCE) {
    const items = Array.from({ length: APPEND_AT_ONCE }, itemOf);
    const from = process.hrtime.bigint();
    await database.transaction((tx) => appendToLog(tx, items));
    spentMs += Number(process.hrtime.bigint() - from) / 1e6;
  }
  return (APPENDED_FOR_REAL / spentMs) * 1_000;
}

/** Puts the tree of the memory in the place of what was appended, with as many entries. */
async function fill(database, tree, levels) {
  await database.query('truncate log_tile, log_entry');
  for (const [level, row] of levels.entries()) {
    for (let start = 0; start < row.length; start += 65_536) {
      const hashes = row.slice(start, start + 65_536);
      await appendTiles(database, [{ level, start, hashes }]);
    }
  }
  await updateLogTree(database, tree);
  for (let from = 0; from < tree.size; from += ENTRIES_AT_ONCE) {
    await database.query(
      `insert into log_entry (idx, kind, digest, body)
       select i, 'batch', sha256(int8send(i)), '\\x00'
         from generate_series($1::bigint, $2::bigint - 1) as i`,
      [from, Math.min(tree.size, from + ENTRIES_AT_ONCE)],
    );
  }
  await insertCheckpoint(database, {
    size: tree.size,
    root: headOf(tree, sha256),
    note: 'bench',
  });
  await updateCosigned(database, tree.size, 'bench\n1\nroot\n\n', 'ab'.repeat(32));
  await database.query('analyze log_entry, log_tile, checkpoint');
  const { rows } = await database.query(
    `select encode(digest, 'hex') as digest from log_entry where idx % 997 = 0`,
  );
  return rows.map(({ digest }) => digest);
}
