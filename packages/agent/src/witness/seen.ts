/** The newest cosigned checkpoint that this agent knows: its batches name it, and are no older. */
import {
  cosignatureTime,
  digestOf,
  encodeHex,
  encodeUtf8,
  parseCheckpoint,
  parseNote,
  requireLogSignature,
  type NoteKey,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { isTrustMonitorError, type SeenCheckpoint } from '@trustmonitor/protocol';

export class Seen {
  readonly #logKey: NoteKey;
  /** This agent's own key as a witness. */
  readonly #own: NoteKey;
  #newest: SeenCheckpoint | null = null;

  constructor(logKey: NoteKey, own: NoteKey) {
    this.#logKey = logKey;
    this.#own = own;
  }

  get newest(): SeenCheckpoint | null {
    return this.#newest;
  }

  /**
   * Takes a note that the log signed and this very agent cosigned: that it fits what came before
   * was judged then. Whether the other cosignatures are enough is for verifiers to say. Returns
   * whether it was taken.
   */
  take(text: string): boolean {
    try {
      const note = parseNote(text);
      requireLogSignature(note, this.#logKey, nodeVerifier);
      if (cosignatureTime(note, this.#own, nodeVerifier) === null) return false;
      const { size, root } = parseCheckpoint(note.text);
      if (size <= (this.#newest?.size ?? -1)) return false;
      this.#newest = { size, root: encodeHex(root), note: digestOf(encodeUtf8(text)) };
      return true;
    } catch (error) {
      if (isTrustMonitorError(error)) return false;
      throw error;
    }
  }
}
