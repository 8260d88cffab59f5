/** The auditor's own tree and chains; test/e2e/log.test.ts holds it against a real log. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  TrustMonitorError,
  type Batch,
  type IncidentPredicate,
  type UptimePredicate,
} from '@trustmonitor/protocol';
import {
  EMPTY_TREE,
  appendLeaves,
  concat,
  entriesPath,
  formatEntries,
  headOf,
  keyIdOf,
  leafHash as leafHashOfLog,
  logLeafOf,
  tilePath as tilePathOfLog,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { Documents } from '../src/audit/documents.ts';
import type { LogClient } from '../src/log/log-client.ts';
import { BatchChains, IncidentChains, LoggedRings } from '../src/audit/chains.ts';
import { parseLeaf, splitBundle } from '../src/audit/leaf.ts';
import { AUDIT_CHECKS, Findings } from '../src/audit/report.ts';
import { computeTree, firstDifference, leafHash, tilePath } from '../src/audit/tree.ts';

const bodyOf = (index: number) => new TextEncoder().encode(`leaf ${index}`);

/** Root and tiles as the auditor computes them. */
async function audited(size: number) {
  const tiles = new Map<string, Uint8Array>();
  const root = await computeTree(size, {
    leaves: (start, count) =>
      Promise.resolve(Array.from({ length: count }, (_, i) => leafHash(bodyOf(start + i)))),
    tile: ({ path, hashes }) => Promise.resolve(void tiles.set(path, hashes)),
  });
  return { root, tiles };
}

describe('the tree', () => {
  test.each([0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 66_049])(
    'of %i leaves is that of the log, with all its tiles',
    async (size) => {
      const hashes = Array.from({ length: size }, (_, i) => leafHashOfLog(bodyOf(i)));
      const { tree, rows } = appendLeaves(EMPTY_TREE, hashes);
      const { root, tiles } = await audited(size);
      expect(root).toEqual(headOf(tree));
      const expected = rows.flatMap(({ level, hashes: row }) =>
        Array.from({ length: Math.ceil(row.length / 256) }, (_, index) => {
          const some = row.slice(index * 256, (index + 1) * 256);
          return [tilePathOfLog({ level, index, width: some.length }), concat(...some)] as const;
        }),
      );
      expect([...tiles.keys()].toSorted()).toEqual(expected.map(([path]) => path).toSorted());
      for (const [path, row] of expected) {
        expect(firstDifference(tiles.get(path)!, row), path).toBeNull();
      }
    },
  );

  test('names the hash at which tiles differ, be it one that is missing', () => {
    const tile = new Uint8Array(96);
    expect(firstDifference(tile, tile.with(40, 1))).toBe(1);
    expect(firstDifference(tile.subarray(0, 64), tile)).toBe(2);
  });

  test.each([0, 7, 999, 1_000, 1_234_067])('spells path %i as the log does', (index) => {
    expect(tilePath('entries', index, 256)).toBe(entriesPath(index));
    expect(tilePath('2', index, 9)).toBe(tilePathOfLog({ level: 2, index, width: 9 }));
  });
});

describe('leaves', () => {
  const envelope = {
    payloadType: 'application/test',
    payload: 'e30=',
    signatures: [{ keyid: 'k', sig: 'c2ln' }],
  };
  const key = new Uint8Array(32).fill(7);

  test('are read as the log writes them', () => {
    const leaf = parseLeaf(4, splitBundle(formatEntries([logLeafOf(envelope, [key])]))[0]!);
    expect(leaf).toEqual({
      index: 4,
      digest: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      signatures: [{ content: 'c2ln', publicKey: '07'.repeat(32) }],
    });
  });

  test.each(['', 'x', '[]', '{}', '{"apiVersion":"0.0.2","kind":"dsse","spec":{}}', 'null'])(
    'that are none are refused: %s',
    (text) => {
      expect(() => parseLeaf(0, new TextEncoder().encode(text))).toThrow(/it|dsse/);
    },
  );

  test('a bundle that is cut short is refused', () => {
    const bundle = formatEntries([bodyOf(1), bodyOf(2)]);
    expect(splitBundle(bundle)).toEqual([bodyOf(1), bodyOf(2)]);
    for (const cut of [1, 5, bundle.length - 1]) {
      expect(() => splitBundle(bundle.subarray(0, cut))).toThrow('cut short');
    }
  });
});

const told = (findings: Findings) =>
  findings.list().map(({ ok, detail }) => `${ok ? 'ok' : 'FAIL'} ${detail}`);

describe("an agent's batches", () => {
  function chain(...batches: readonly [seq: number, prev: number | null][]): string[] {
    const findings = new Findings();
    const chains = new BatchChains(findings);
    for (const [index, [seq, prev]] of batches.entries()) {
      const batch = { agent: 'eu-1', seq, prev: prev === null ? null : `d${prev}` };
      chains.add(index, `d${seq}`, batch as Batch);
    }
    chains.finish();
    return told(findings);
  }

  test('may overtake each other, and are all there', () => {
    expect(chain([1, null], [3, 2], [2, 1], [4, 3])).toEqual(['ok 4 batches of 1 agents']);
  });

  test.each([
    [
      'gap',
      [
        [1, null],
        [3, 2],
      ],
      'FAIL batch 2 of eu-1 missing, and batch 3 is there',
    ],
    [
      'wider gap',
      [
        [1, null],
        [5, 4],
      ],
      'FAIL batches 2 to 4 of eu-1 missing, and batch 5 is there',
    ],
    ['missing beginning', [[2, 1]], 'FAIL batch 1 of eu-1 missing, and batch 2 is there'],
    [
      'fork',
      [
        [1, null],
        [2, 1],
        [2, 1],
      ],
      'FAIL leaf 2: a second batch 2 of eu-1 (a fork)',
    ],
    [
      'rewritten one',
      [
        [1, null],
        [2, 7],
      ],
      'FAIL batch 2 of eu-1 does not follow from batch 1',
    ],
  ] as const)('a %s is named', (_name, batches, expected) => {
    expect(
      chain(
        ...(batches as readonly (readonly [number, number | null])[] as [number, number | null][]),
      ),
    ).toEqual([expected]);
  });
});

describe('batches that are gone', () => {
  function chain(gone: number, ...seqs: readonly number[]): string[] {
    const findings = new Findings();
    const chains = new BatchChains(findings);
    for (let i = 0; i < gone; i++) chains.addGone('eu-1');
    for (const [index, seq] of seqs.entries()) {
      const prev = seq === 1 ? null : `d${seq - 1}`;
      chains.add(index, `d${seq}`, { agent: 'eu-1', seq, prev } as Batch);
    }
    chains.finish();
    return told(findings);
  }
  const upTo = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);

  test('account for as many numbers, and for no more', () => {
    expect(chain(3, 4, 6, 5)).toEqual(['ok 6 batches of 1 agents']);
    // One of them was kept for an incident.
    expect(chain(3, 2, 5, 6)).toEqual(['ok 6 batches of 1 agents']);
    expect(chain(2, 1, 2, 3)).toEqual(['ok 5 batches of 1 agents']);
    expect(chain(3, 2, 6, 7)).toEqual([
      'FAIL batches 3 to 5 of eu-1 missing, and batch 6 is there',
    ]);
    expect(chain(9, ...upTo(10, 5_000))).toEqual(['ok 5000 batches of 1 agents']);
    expect(chain(9, ...upTo(10, 3_000), 2_999)[0]).toMatch(/a second batch 2999 of eu-1/);
  });

  test('are told apart from records that a server hides', async () => {
    const keys = { aa: 'agent-vote', bb: 'coordinator-report' };
    const ring = {
      digest: 'r',
      previous: null,
      network: 'n',
      find: (kid: string) => ({ role: kid === kidOf('aa') ? keys.aa : keys.bb, agent: 'eu-1' }),
    } as unknown as TrustedKeyRing;
    const client = {
      payload: () => Promise.reject(new TrustMonitorError('gone', 'dropped')),
    } as unknown as LogClient;
    const findings = new Findings();
    const documents = new Documents(client, ring, findings);
    const leafOf = (index: number, byte: string) => ({
      index,
      digest: `d${index}`,
      signatures: [{ content: 's', publicKey: byte.repeat(32) }],
    });
    await documents.take([leafOf(0, 'aa'), leafOf(1, 'aa')]);
    documents.finish();
    const detailOf = (code: string) => findings.list().find((finding) => finding.code === code);
    expect(detailOf('log.documents')).toMatchObject({
      ok: true,
      detail:
        '0 documents, each with its digest; 2 batches are not kept any more, the newest at leaf 1',
    });
    expect(detailOf('batch.chain')).toMatchObject({ ok: true, detail: '2 batches of 1 agents' });
    await documents.take([leafOf(2, 'bb')]);
    expect(detailOf('log.documents')).toMatchObject({
      ok: false,
      detail: 'leaf 2: its document is gone, and no batch',
    });
  });
  const kidOf = (byte: string) => keyIdOf(Buffer.from(byte.repeat(32), 'hex'));
});

describe("an incident's records", () => {
  type Step = IncidentPredicate['step'];
  function chain(...records: readonly [step: Step, digest: string, previous: string | null][]) {
    const findings = new Findings();
    const chains = new IncidentChains(findings);
    let resolvedAt: string | null = null;
    for (const [index, [step, digest, previous]] of records.entries()) {
      if (step === 'resolve') resolvedAt = '2026-01-31T12:00:00.000Z';
      const record = { incident: 'I', step, previous, resolvedAt };
      chains.add(index, digest, record as IncidentPredicate);
    }
    chains.finish();
    return told(findings)[0];
  }

  test('follow each other', () => {
    expect(
      chain(['open', 'a', null], ['update', 'b', 'a'], ['resolve', 'c', 'b'], ['amend', 'd', 'c']),
    ).toBe('ok 4 records of 1 incidents');
  });

  test('a missing one, a second beginning and a wrong step are named', () => {
    expect(chain(['open', 'a', null], ['resolve', 'c', 'b'])).toMatch(/^FAIL leaf 1: the resolve/);
    expect(chain(['resolve', 'c', 'b'])).toMatch(/^FAIL leaf 0: the resolve record/);
    expect(chain(['open', 'a', null], ['open', 'b', null])).toMatch(/second beginning/);
    expect(chain(['update', 'a', null])).toMatch(/update record of incident I comes after nothing/);
    const reopened = chain(['open', 'a', null], ['resolve', 'b', 'a'], ['update', 'c', 'b']);
    expect(reopened).toMatch(/leaf 2: the update record of incident I comes after resolved/);
  });
});

describe('key ring versions', () => {
  function logged(...digests: string[]) {
    const findings = new Findings();
    const rings = new LoggedRings(findings, ['v1', 'v2', 'v3']);
    for (const [index, digest] of digests.entries()) rings.add(index, digest);
    rings.finish();
    return told(findings)[0];
  }

  test('are logged all and in order', () => {
    expect(logged('v1', 'v2', 'v3')).toBe('ok versions 1 to 3');
    expect(logged('v1', 'v2')).toBe('FAIL version 3 is published and not logged');
    expect(logged('v1', 'v3')).toMatch(/^FAIL leaf 1: version 3 where 2 is next/);
    expect(logged('v1', 'v2', 'v2', 'v3')).toMatch(/leaf 2: version 2 where 3 is next/);
    expect(logged('v1', 'x', 'v2', 'v3')).toMatch(/leaf 1: a key ring that the network does not/);
  });
});

test('of many faults the first few are told, and all are counted', () => {
  const findings = new Findings();
  for (let i = 0; i < 10; i++) findings.fault('log.tiles', `fault ${i}`);
  findings.done('log.tiles', 'fine');
  expect(findings.list()).toEqual([
    { code: 'log.tiles', ok: false, faults: 10, detail: 'fault 0; fault 1; fault 2 (and 7 more)' },
  ]);
});

describe('an uptime report', () => {
  const at = (hour: number) => `2026-01-31T${String(hour).padStart(2, '0')}:00:00.000Z`;

  /** Incident A was there from 2 to 4, B is open since 6; then one report is logged. */
  function reported(
    [from, to]: readonly [number, number],
    named: Readonly<Record<string, string>>,
    monitor = 'shop',
  ): string[] {
    const findings = new Findings();
    const chains = new IncidentChains(findings);
    const shop = { monitor: 'shop', previous: null, step: 'open', resolvedAt: null } as const;
    const records = [
      { ...shop, incident: 'A', openedAt: at(2) },
      {
        ...shop,
        incident: 'A',
        openedAt: at(2),
        step: 'resolve',
        previous: 'a1',
        resolvedAt: at(4),
      },
      { ...shop, incident: 'B', openedAt: at(6) },
    ];
    for (const [i, digest] of ['a1', 'a2', 'b1'].entries()) {
      chains.add(i, digest, records[i] as IncidentPredicate);
    }
    const incidents = Object.entries(named).map(([incident, digest]) => ({
      incident,
      records: [digest],
    }));
    chains.addReport(3, { monitor, from: at(from), to: at(to), incidents } as UptimePredicate);
    chains.finish();
    return told(findings).slice(1);
  }

  test.each([
    [[0, 9], { A: 'a2', B: 'b1' }],
    [[3, 6], { A: 'a2' }],
    [[4, 6], {}],
    [[0, 2], {}],
    [[7, 8], { B: 'b1' }],
  ] as const)('of the hours %j names every incident that was open then', (hours, named) => {
    expect(reported(hours, named)).toEqual([
      'ok 1 report, each with all incidents logged before it',
    ]);
  });

  test('that leaves one out, or what is newest about it, is named', () => {
    expect(reported([0, 9], { A: 'a2' })).toEqual([
      'FAIL leaf 3: the report leaves out incident B of shop',
    ]);
    expect(reported([3, 5], { A: 'a1' })).toEqual([
      'FAIL leaf 3: the report names incident A without its newest record',
    ]);
    expect(reported([0, 9], {}, 'other')[0]).toMatch(/^ok /);
  });
});

test('docs/log.md lists every check, in order, as it is', async () => {
  const page = await readFile(new URL('../../../docs/log.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+\.\w+)` +\| (.+?) +\|$/gm)];
  expect(rows.map(([, code, text]) => [code, text])).toEqual(Object.entries(AUDIT_CHECKS));
});
