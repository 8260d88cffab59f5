/** Two saved checkpoints of one log, and what follows from them. */
import {
  compareCheckpoints,
  parseCheckpoint,
  parseNote,
  planConsistency,
  Tile,
  tilePath,
  type Checkpoint,
  type Comparison,
  type NoteKey,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { LogClient } from './log-client.ts';
import { asInput } from './read.ts';

/** A checkpoint with the file it was read from. */
export interface SavedCheckpoint extends Checkpoint {
  readonly path: string;
  readonly note: string;
}

/** Throws `input.malformed`; no signature is checked. */
export const openSaved = (path: string, note: string): SavedCheckpoint =>
  asInput(path, () => ({ ...parseCheckpoint(parseNote(note).text), path, note }));

/** Throws `input.malformed` for a checkpoint that the log has not signed: it proves nothing. */
export function compareSaved(
  [a, b]: readonly [SavedCheckpoint, SavedCheckpoint],
  log: NoteKey,
  proof: readonly Uint8Array[] | null,
): Comparison {
  // One by one first, so that the error names the file.
  for (const { path, note } of [a, b]) {
    asInput(path, () => compareCheckpoints([note, note], log, null, nodeVerifier));
  }
  return compareCheckpoints([a.note, b.note], log, proof, nodeVerifier);
}

/**
 * The proof between two sizes out of the log's own tiles; null when the log has not got them.
 * Nothing is taken on trust: what wrong tiles make does not verify.
 */
export async function fetchConsistency(
  client: LogClient,
  oldSize: number,
  size: number,
): Promise<Uint8Array[] | null> {
  const plan = planConsistency(oldSize, size, nodeVerifier.sha256);
  const tiles = new Map<string, Tile>();
  for (const tile of plan.tiles) {
    const bytes = await client.tile(tilePath(tile));
    if (bytes === null) return null;
    tiles.set(tilePath(tile), new Tile(bytes, nodeVerifier.sha256));
  }
  try {
    return plan.build((tile) => tiles.get(tilePath(tile)) ?? new Tile(new Uint8Array(0)));
  } catch {
    return null;
  }
}
