/**
 * Tiles (https://c2sp.org/tlog-tiles): the tree as files of 256 hashes, from which anybody can
 * compute any proof. A tile of level `l` holds hashes over 256^l leaves each.
 */
import { concat } from '../encoding/bytes.ts';
import { malformed } from '../errors.ts';
import { HASH_BYTES, nodeHash } from '../merkle/hash.ts';
import { subtreesOf, type LeafRange, type NodeId, type NodeReader } from '../merkle/ranges.ts';
import { sha256, type Sha256 } from '../digest.ts';

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

export interface TileId {
  readonly level: number;
  readonly index: number;
  /** 1 to 256 hashes; fewer than 256 only at the right edge of the tree. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]` */
export const tilePath = ({ level, index, width }: TileId): string =>
  `tile/${level}/${indexPath(index)}${widthSuffix(width)}`;

/** `tile/entries/<N>[.p/<W>]` */
export const entriesPath = (index: number, width: number = TILE_WIDTH): string =>
  `tile/entries/${indexPath(index)}${widthSuffix(width)}`;

const widthSuffix = (width: number): string => (width === TILE_WIDTH ? '' : `.p/${width}`);

/** Three digits per element, all but the last behind an `x`: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return (padded.match(/\d{3}/g) ?? [])
    .map((part, at, all) => (at < all.length - 1 ? `x${part}` : part))
    .join('/');
}

/** What a request path asks for; `level` is `entries` for the leaves' data. */
export interface TileRequest {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Parses the path after the log's prefix. Throws `message.malformed`. */
export function parseTilePath(path: string): TileRequest {
  const pattern =
    /^tile\/(entries|\d|[1-5]\d|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
  const [, level = '', digits = '', partial] = pattern.exec(path) ?? [];
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const isTile = digits !== '' && Number.isSafeInteger(index) && indexPath(index) === digits;
  if (!isTile || (partial !== undefined && width >= TILE_WIDTH)) {
    throw malformed('the path names no tile');
  }
  return { level: level === 'entries' ? level : Number(level), index, width };
}

/** The tile that holds a full subtree, in a tree of `size` leaves. */
function tileOf(node: NodeId, size: number): TileId {
  const { level, first } = placeOf(node);
  const index = Math.floor(first / TILE_WIDTH);
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
}

/** The tiles that the hashes over these ranges are made of, each once. */
export function tilesFor(ranges: readonly LeafRange[], size: number): TileId[] {
  const tiles = new Map<string, TileId>();
  for (const node of ranges.flatMap(subtreesOf)) {
    const tile = tileOf(node, size);
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/** Reads nodes out of tiles; `tileAt` gives a tile at least as wide as was asked. */
export function tileReader(size: number, tileAt: (id: TileId) => Tile): NodeReader {
  return (node) => {
    const id = tileOf(node, size);
    const { first, count } = placeOf(node);
    const offset = first % TILE_WIDTH;
    const tile = tileAt(id);
    if (tile.width < offset + count) throw new RangeError(`${tilePath(id)} is too short`);
    return tile.head(offset, count);
  };
}

/** A node of level `8l + r` is made of `2^r` hashes of tile level `l`. */
function placeOf({ level, index }: NodeId): { level: number; first: number; count: number } {
  const count = 2 ** (level % TILE_HEIGHT);
  return { level: Math.floor(level / TILE_HEIGHT), first: index * count, count };
}

/**
 * A tile's hashes, and the heads over them. Each head is computed once: whoever keeps a full tile
 * makes the next proof from it with hardly any hashing.
 */
export class Tile {
  readonly #bytes: Uint8Array;
  readonly #hash: Sha256;
  /** As a binary heap: the root at 1, below node n the nodes 2n and 2n + 1. Made when needed. */
  #heads: (Uint8Array | undefined)[] | null = null;

  constructor(bytes: Uint8Array, hash: Sha256 = sha256) {
    this.#bytes = bytes;
    this.#hash = hash;
  }

  /** How many hashes there are. */
  get width(): number {
    return Math.floor(this.#bytes.length / HASH_BYTES);
  }

  /** Head over `count` hashes from `first` on: a power of two, and `first` a multiple of it. */
  head(first: number, count: number): Uint8Array {
    return this.#node((TILE_WIDTH + first) / count);
  }

  #node(node: number): Uint8Array {
    if (node >= TILE_WIDTH) {
      const start = (node - TILE_WIDTH) * HASH_BYTES;
      // Plain bytes, whatever kind of array it was.
      return new Uint8Array(this.#bytes.subarray(start, start + HASH_BYTES));
    }
    this.#heads ??= Array.from({ length: TILE_WIDTH });
    return (this.#heads[node] ??= nodeHash(
      this.#node(2 * node),
      this.#node(2 * node + 1),
      this.#hash,
    ));
  }
}

/** An entry bundle: each leaf's data behind its length (16 bits, big-endian). */
export function formatEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...entries.flatMap((entry) => {
      if (entry.length > 0xffff) throw malformed('a log entry has more than 65,535 bytes');
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Throws `message.malformed` for a bundle that is cut short. */
export function parseEntries(bundle: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    const [high, low] = [bundle[at], bundle[at + 1]];
    if (high === undefined || low === undefined) throw malformed('the entry bundle is cut short');
    const end = at + 2 + ((high << 8) | low);
    if (end > bundle.length) throw malformed('the entry bundle is cut short');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
