/**
 * Whether the log still is what it was: the tree of an earlier checkpoint is the beginning of that of
 * a later one. A part of its own, loaded when somebody asks.
 */
import {
  Tile,
  encodeBase64,
  equalBytes,
  parseCheckpoint,
  parseNote,
  planConsistency,
  tilePath,
  verifyConsistency,
  type Checkpoint,
} from '@trustmonitor/evidence';

export type Consistency =
  | { readonly holds: true; readonly from: number; readonly to: number }
  /** `why` is a sentence: what of the earlier checkpoint the log does not stand by. */
  | { readonly holds: false; readonly why: string };

/** A tile's bytes by its path, such as `tile/0/000`; null for one that the log has not got. */
export type TileReader = (path: string) => Promise<Uint8Array | null>;

/**
 * Compares two signed notes by the log's own tiles. What wrong tiles make does not hold, so that none
 * is taken on trust; whose signatures the notes have is not looked at. Throws for what is no
 * checkpoint, and what `tileAt` throws.
 */
export async function checkConsistency(
  earlier: string,
  later: string,
  tileAt: TileReader,
): Promise<Consistency> {
  const [before, now] = [headOf(earlier), headOf(later)];
  const broken = (why: string): Consistency => ({ holds: false, why });
  if (before.origin !== now.origin) {
    return broken(`It calls itself ${now.origin}; it was ${before.origin}.`);
  }
  if (now.size < before.size) {
    return broken(`It has ${now.size} leaves; it had ${before.size}.`);
  }
  if (now.size === before.size && !equalBytes(now.root, before.root)) {
    return broken(
      `Its ${now.size} leaves have the root ${encodeBase64(now.root)}; they had ${encodeBase64(before.root)}.`,
    );
  }
  const proof = await proofBetween(before.size, now.size, tileAt);
  if (typeof proof === 'string') return broken(proof);
  const { size: from, root: oldRoot } = before;
  return verifyConsistency(from, now.size, oldRoot, now.root, proof)
    ? { holds: true, from, to: now.size }
    : broken(`The ${from} leaves that it had are not the first ${from} of its ${now.size}.`);
}

const headOf = (note: string): Checkpoint => parseCheckpoint(parseNote(note).text);

/** Out of the tiles; or what is wrong with them. */
async function proofBetween(
  from: number,
  to: number,
  tileAt: TileReader,
): Promise<Uint8Array[] | string> {
  // Every tree begins with the empty one, and with itself.
  if (from === 0 || from === to) return [];
  const plan = planConsistency(from, to);
  const tiles = new Map<string, Tile>();
  for (const id of plan.tiles) {
    const path = tilePath(id);
    const bytes = await tileAt(path);
    if (bytes === null) return `It does not show ${path}, which its ${to} leaves must have.`;
    const tile = new Tile(bytes);
    if (tile.width < id.width) return `It shows less of ${path} than its ${to} leaves must have.`;
    tiles.set(path, tile);
  }
  return plan.build((id) => tiles.get(tilePath(id)) ?? new Tile(new Uint8Array()));
}
