/**
 * Public witnesses of the policy, asked over HTTP (https://c2sp.org/tlog-witness). All at once, each
 * with a deadline and at most one request under way; one that fails is left alone for a while. The
 * agents on the bus are never waited for by these, nor these by them.
 *
 *     asked -- 200, a signature line ----------> given to the checkpointer
 *     asked -- 409, another size --------------> asked once more, from there
 *     asked -- no answer, 5xx, 429 ------------> left alone, twice as long each time
 *     asked -- any other refusal --------------> an alarm, and left alone
 */
import { formatAddCheckpoint, type NoteKey } from '@trustmonitor/evidence';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../store/database.ts';
import { consistencyPath } from './proofs.ts';

/** A witness that is no agent, and where it answers. */
export interface HttpWitness {
  /** Its name in the policy. */
  readonly name: string;
  readonly key: NoteKey;
  readonly url: string;
}

/** A checkpoint as the log signed it. */
export interface Head {
  readonly size: number;
  readonly note: string;
}

export interface HttpWitnessesParts {
  readonly database: Queryable;
  readonly clock: Clock;
  readonly log: Logger;
}

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16 * 1024;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A witness may sign with several keys; ours is among the first lines or nowhere. */
const MAX_LINES = 16;

/** What is known of one witness. */
interface Standing {
  /** Size of the tree that it is thought to know. */
  size: number;
  busy: boolean;
  notBeforeMs: number;
  pauseMs: number;
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

export class HttpWitnesses {
  readonly #parts: HttpWitnessesParts;
  readonly #standing = new Map<string, Standing>();
  readonly #stop = new AbortController();

  constructor(parts: HttpWitnessesParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Asks those that can be asked now; `onLines` is called with what each cosigned. */
  ask(
    witnesses: readonly HttpWitness[],
    head: Head,
    onLines: (witness: HttpWitness, lines: readonly string[]) => void,
  ): void {
    for (const witness of witnesses) void this.#askOne(witness, head, onLines);
  }

  async #askOne(
    witness: HttpWitness,
    head: Head,
    onLines: (witness: HttpWitness, lines: readonly string[]) => void,
  ): Promise<void> {
    const standing = this.#standingOf(witness);
    const { clock, log } = this.#parts;
    if (standing.busy || clock() < standing.notBeforeMs) return;
    standing.busy = true;
    try {
      const answer = await this.#askTwice(witness, standing, head);
      if (this.#stop.signal.aborted) return;
      if (answer.status === 200) {
        standing.size = head.size;
        standing.pauseMs = 0;
        onLines(witness, linesOf(answer.body));
        return;
      }
      this.#pause(standing);
      const fields = { witness: witness.name, status: answer.status, checkpoint: head.size };
      if (isPassing(answer.status)) {
        log.warn(fields, 'a public witness cannot answer now');
      } else {
        log.error(
          { ...fields, reason: answer.body.slice(0, 300) },
          'a public witness refuses to cosign: the log may have been rolled back or forked',
        );
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#pause(standing);
      log.warn({ err: error, witness: witness.name }, 'a public witness cannot be reached');
    } finally {
      standing.busy = false;
    }
  }

  /** It knows another tree than we thought, as after a restart: then it says which. */
  async #askTwice(witness: HttpWitness, standing: Standing, head: Head): Promise<Answered> {
    const first = await this.#post(witness, Math.min(standing.size, head.size), head);
    const known = /^(0|[1-9]\d{0,15})\n$/.exec(first.body)?.[1];
    // A larger tree than was ever signed, by our own account, is a refusal.
    if (first.status !== 409 || known === undefined || Number(known) > head.size) return first;
    standing.size = Number(known);
    const second = await this.#post(witness, standing.size, head);
    return second.status === 409 ? { ...second, status: 503 } : second;
  }

  async #post({ url }: HttpWitness, oldSize: number, { size, note }: Head): Promise<Answered> {
    const proof = await consistencyPath(this.#parts.database, oldSize, size);
    const response = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      // Not followed: whom the log trusts with its heads is for the operator to say.
      redirect: 'manual',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'TrustMonitor' },
      body: formatAddCheckpoint({ oldSize, proof, note }),
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return { status: response.status, body: await boundedText(response) };
  }

  #standingOf({ name }: HttpWitness): Standing {
    const known = this.#standing.get(name);
    if (known !== undefined) return known;
    const standing = { size: 0, busy: false, notBeforeMs: 0, pauseMs: 0 };
    this.#standing.set(name, standing);
    return standing;
  }

  #pause(standing: Standing): void {
    standing.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, standing.pauseMs * 2));
    standing.notBeforeMs = this.#parts.clock() + standing.pauseMs;
  }
}

/** Will pass by itself: overload, or somebody else who asked in between. */
const isPassing = (status: number): boolean => status >= 500 || status === 429;

const linesOf = (body: string): string[] =>
  body
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, MAX_LINES);

/** Throws for an answer that is longer than any witness has reason to give. */
async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer has over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
