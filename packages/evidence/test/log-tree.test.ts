import { describe, expect, it } from 'vitest';
import {
  EMPTY_TREE,
  MerkleTree,
  Tile,
  appendLeaves,
  headOf,
  leafHash,
  planConsistency,
  planInclusion,
  treeHead,
  verifyConsistency,
  verifyInclusion,
  tilePath,
  type LogTree,
  type TileId,
  type TileRow,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';

const { sha256 } = nodeVerifier;
const leafOf = (i: number) => leafHash(new Uint8Array(new Uint32Array([i]).buffer), sha256);

/** Tiles as a database keeps them: rows of hashes that only ever grow. */
class Tiles {
  readonly levels: Uint8Array[][] = [];

  store(rows: readonly TileRow[]): void {
    for (const { level, start, hashes } of rows) {
      const row = (this.levels[level] ??= []);
      expect(start).toBe(row.length);
      row.push(...hashes);
    }
  }

  /** Kept as the services keep them: with the heads that were computed over their hashes. */
  readonly #tiles = new Map<string, Tile>();

  readonly read = (id: TileId): Tile => {
    const known = this.#tiles.get(tilePath(id));
    if (known !== undefined) return known;
    const { level, index, width } = id;
    const hashes = this.levels[level]!.slice(index * 256, index * 256 + width);
    expect(hashes).toHaveLength(width);
    const tile = new Tile(Buffer.concat(hashes), sha256);
    this.#tiles.set(tilePath(id), tile);
    return tile;
  };
}

function grow(sizes: readonly number[]): { tree: LogTree; tiles: Tiles; leaves: Uint8Array[] } {
  const tiles = new Tiles();
  const leaves: Uint8Array[] = [];
  let tree = EMPTY_TREE;
  for (const count of sizes) {
    const more = Array.from({ length: count }, (_, i) => leafOf(leaves.length + i));
    const appended = appendLeaves(tree, more, sha256);
    leaves.push(...more);
    tiles.store(appended.rows);
    tree = appended.tree;
  }
  return { tree, tiles, leaves };
}

describe('a growing log', () => {
  it('has the RFC 9162 head at every size, one leaf at a time', () => {
    let tree = EMPTY_TREE;
    const leaves: Uint8Array[] = [];
    for (let size = 0; size <= 300; size++) {
      expect(tree.size).toBe(size);
      expect(headOf(tree, sha256)).toEqual(treeHead(leaves, sha256));
      leaves.push(leafOf(size));
      tree = appendLeaves(tree, leaves.slice(-1), sha256).tree;
    }
  });

  it('is the same however its leaves are appended', () => {
    const once = grow([1_000]);
    const parts = grow([1, 255, 0, 1, 256, 487]);
    expect(parts.tree).toEqual(once.tree);
    expect(parts.tiles.levels).toEqual(once.tiles.levels);
  });

  it('proves from its tiles what the whole tree proves', () => {
    const { tree, tiles, leaves } = grow([700]);
    for (let size = 1; size <= tree.size; size += 23) {
      const whole = new MerkleTree(leaves.slice(0, size), sha256);
      for (let index = 0; index < size; index += 13) {
        expect(planInclusion(index, size, sha256).build(tiles.read)).toEqual(
          whole.inclusionProof(index),
        );
      }
      for (let old = 0; old <= size; old += 17) {
        expect(planConsistency(old, size, sha256).build(tiles.read)).toEqual(
          whole.consistencyProof(old),
        );
      }
    }
  });

  it('of 70,000 leaves needs three levels of tiles, and few of them', () => {
    const { tree, tiles, leaves } = grow([70_000]);
    const head = headOf(tree, sha256);
    const names = new Set<string>();
    for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
      const plan = planInclusion(index, tree.size, sha256);
      expect(plan.tiles.length).toBeLessThanOrEqual(6);
      for (const tile of plan.tiles) names.add(tilePath(tile));
      const proof = plan.build(tiles.read);
      expect(verifyInclusion(leaves[index]!, index, tree.size, proof, head)).toBe(true);
    }
    expect([...names]).toEqual(expect.arrayContaining(['tile/0/273.p/112', 'tile/1/001.p/17']));
    for (const old of [1, 256, 65_536, 69_999]) {
      const proof = planConsistency(old, tree.size, sha256).build(tiles.read);
      const oldHead = treeHead(leaves.slice(0, old), sha256);
      expect(verifyConsistency(old, tree.size, oldHead, head, proof)).toBe(true);
    }
  });

  it('refuses a tile that is too short, and places outside the tree', () => {
    expect(() => planInclusion(3, 8).build(() => new Tile(new Uint8Array(0)))).toThrow(/too short/);
    expect(() => planInclusion(8, 8)).toThrow(RangeError);
    expect(() => planConsistency(9, 8)).toThrow(RangeError);
    expect(() => appendLeaves({ size: 1, frontier: [] }, [leafOf(1)])).toThrow(RangeError);
  });
});
