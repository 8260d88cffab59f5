/**
 * The agent as a witness of the log: it watches the tree grow and says so by cosigning.
 *
 *     asked -- not signed by the log, or another log -----> refused (403, 404)
 *     asked -- does not start from the tree we know ------> told what we know (409)
 *     asked -- does not extend the tree we know ----------> refused (422), and an alarm
 *     asked -- a batch of ours with a receipt is missing -> refused (422), and an alarm
 *     asked -- otherwise: remembered on disk -------------> cosigned (200)
 *
 * Requests are judged one at a time, so that no two answers can be about the same past.
 */
import {
  cosign,
  decodeBase64,
  decodeHex,
  judgeCheckpoint,
  parseCheckpoint,
  parseNote,
  verifyInclusion,
  type Checkpoint,
  type Judgement,
  type NoteKey,
  type Signer,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { WitnessReply, WitnessRequest } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { limitLog, type LimitedLog } from '../log-limit.ts';
import { writeMemory, type Owed, type WitnessMemory } from './memory.ts';

/** A checkpoint that is asked about may be a little older than a receipt; this much is too much. */
const OWED_PATIENCE_MS = 60_000;
/** So many are named in one answer; once they are shown, the next are. */
const MAX_MISSING = 256;
/** Beyond it the oldest are let go: a log that stands still is told by other means. */
const MAX_OWED = 20_000;

const NOT_COSIGNED = 'checkpoint not cosigned';

/** A judgement, and which batches stood in its way. */
type Judged = Judgement & { readonly missing?: readonly string[] };

export interface WitnessOptions {
  readonly agent: string;
  /** Its name as a witness. */
  readonly name: string;
  readonly signer: Signer;
  /** The log's key and origin. */
  readonly logKey: NoteKey;
  readonly memory: WitnessMemory;
  readonly file: string;
  readonly now: () => number;
  readonly log: Logger;
}

export class Witness {
  readonly #options: WitnessOptions;
  readonly #limited: LimitedLog;
  readonly #owed: Map<string, Owed>;
  #tree: WitnessMemory['tree'];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#limited = limitLog(options.log);
    this.#tree = options.memory.tree;
    this.#owed = new Map(options.memory.owed.map((owed) => [owed.batch, owed]));
  }

  /** A batch of ours has a receipt: from now on it must be in the log. `leaf` is its hash there. */
  owe(batch: string, leaf: string): void {
    this.#owed.set(batch, { batch, leaf, since: this.#options.now() });
    for (const oldest of this.#owed.keys()) {
      if (this.#owed.size <= MAX_OWED) break;
      this.#owed.delete(oldest);
    }
  }

  /** As `decide`, for those who are answered whatever happens. Never rejects. */
  async answer(request: WitnessRequest): Promise<WitnessReply> {
    try {
      return await this.decide(request);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a checkpoint could not be judged');
      return this.#reply(sizeOf(request.note), 400, 'the witness failed');
    }
  }

  /** Judges a request and, where it may, cosigns. Rejects when it could not remember that. */
  decide(request: WitnessRequest): Promise<WitnessReply> {
    const decided = this.#last.then(() => this.#decide(request));
    this.#last = decided.catch(() => undefined);
    return decided;
  }

  async #decide(request: WitnessRequest): Promise<WitnessReply> {
    const asked = sizeOf(request.note);
    const judgement = this.#judge(request);
    if (judgement.status !== 200) return this.#refuse(asked, judgement);
    await this.#remember(judgement.next, request);
    return { ...this.#reply(asked, 200, ''), line: this.#cosign(request.note) };
  }

  #judge(request: WitnessRequest): Judged {
    const proof = request.consistency.map((hash) => decodeBase64(hash));
    const { logKey } = this.#options;
    const judgement = judgeCheckpoint(
      { oldSize: request.oldSize, proof, note: request.note },
      logKey,
      this.#tree,
      nodeVerifier,
    );
    if (judgement.status !== 200) return judgement;
    const proved = provedBatches(request, judgement.next, this.#owed);
    const missing = this.#overdue().flatMap(({ batch }) => (proved.has(batch) ? [] : batch));
    const [first] = missing;
    if (first === undefined) return judgement;
    const reason = `batch ${first} has a receipt and is not shown to be in the log`;
    return { status: 422, reason, missing: missing.slice(0, MAX_MISSING) };
  }

  #overdue(): Owed[] {
    const limit = this.#options.now() - OWED_PATIENCE_MS;
    return [...this.#owed.values()].filter(({ since }) => since < limit);
  }

  async #remember(next: Checkpoint, request: WitnessRequest): Promise<void> {
    for (const batch of provedBatches(request, next, this.#owed)) this.#owed.delete(batch);
    const tree = { size: next.size, root: next.root };
    await writeMemory(this.#options.file, { tree, owed: [...this.#owed.values()] });
    this.#tree = tree;
  }

  #cosign(note: string): string {
    const { name, signer, now } = this.#options;
    return cosign(note, name, signer, Math.floor(now() / 1_000));
  }

  #refuse(asked: number, judgement: Exclude<Judged, { status: 200 }>): WitnessReply {
    if (judgement.status === 409) return this.#reply(asked, 409, 'another tree is known here');
    const { status, reason, missing = [] } = judgement;
    // Over HTTP anybody may ask for nonsense, and as often as they like.
    this.#limited(String(status), { status, reason, checkpoint: asked }, NOT_COSIGNED, 'error');
    return { ...this.#reply(asked, status, reason), missing: [...missing] };
  }

  #reply(checkpoint: number, status: WitnessReply['status'], reason: string): WitnessReply {
    const { agent } = this.#options;
    const { size } = this.#tree;
    return {
      v: 1,
      agent,
      checkpoint,
      status,
      size,
      line: null,
      reason: reason.slice(0, 300),
      missing: [],
    };
  }
}

/** The batches of ours that the request proves to stand in the tree. */
function provedBatches(
  request: WitnessRequest,
  { size, root }: Checkpoint,
  owed: ReadonlyMap<string, Owed>,
): Set<string> {
  const proved = new Set<string>();
  for (const { batch, index, path } of request.batches) {
    const leaf = owed.get(batch)?.leaf;
    if (leaf === undefined) continue;
    const hashes = path.map((hash) => decodeBase64(hash));
    if (verifyInclusion(decodeHex(leaf), index, size, hashes, root, nodeVerifier.sha256)) {
      proved.add(batch);
    }
  }
  return proved;
}

/** What the answer is matched by; 0 for a note that cannot be read. */
function sizeOf(note: string): number {
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch {
    return 0;
  }
}
