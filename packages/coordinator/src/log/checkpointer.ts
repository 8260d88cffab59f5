/**
 * Signs tree heads and has them cosigned.
 *
 *     idle -- the log grew --> asking -- all answered, or enough did and some lingered --> idle
 *                                |
 *                                +-- nobody answers for long: a newer head takes its place
 *
 * One head is asked about at a time. A head that is never cosigned is no loss: a later one
 * covers its leaves too. What is cosigned is stored, then told to all agents, whose next batches
 * name it: so votes cannot be made before it.
 */
import {
  addSignatureLines,
  cosignatureTime,
  digestOf,
  encodeBase64,
  encodeUtf8,
  headOf,
  meetsQuorum,
  parseNote,
  signCheckpoint,
  type NoteKey,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { onWitnessReply, sendSeen, sendWitnessRequest, type Bus } from '@trustmonitor/bus';
import type { WitnessReply } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import {
  insertCheckpoint,
  selectLogTree,
  selectNewestCheckpoint,
  updateCosigned,
} from '../store/log.ts';
import { Wakeup } from '../wakeup.ts';
import { batchProofsFor, proofsOfBatches } from './batch-proofs.ts';
import { HttpWitnesses } from './http-witnesses.ts';
import { consistencyPath } from './proofs.ts';
import type { Transparency } from './transparency.ts';
import type { LogIdentity, Witness } from './witnesses.ts';

/** A busy log gets one head a second, whatever its rate. */
const HEAD_EVERY_MS = 1_000;
/** Once the policy is met, the slower witnesses get this long. */
const LINGER_MS = 300;
/** A head that is not cosigned by then gives way to a newer one. */
const GIVE_WAY_MS = 5_000;

export interface CheckpointerParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transparency: Pick<Transparency, 'signer' | 'refreshed'>;
  /** Where public witnesses answer, by their names in the policy. */
  readonly witnessUrls: ReadonlyMap<string, string>;
}

/** The head that is being asked about. */
interface Asking {
  /** Who is asked, and who must answer: as it was when the head was signed. */
  readonly identity: LogIdentity;
  readonly size: number;
  readonly note: string;
  readonly askedAtMs: number;
  /** Signature lines by witness name. */
  readonly lines: Map<string, string>;
  /** Agents that said no, or whose answer is in. */
  readonly answered: Set<string>;
  /** Agents that have been shown the batches that they said are missing. */
  readonly shown: Set<string>;
  enoughAtMs: number | null;
}

export class Checkpointer {
  readonly #parts: CheckpointerParts;
  readonly #wakeup = new Wakeup();
  #public: HttpWitnesses;
  /** Size of the newest tree that each witness is known to have cosigned. */
  readonly #known = new Map<string, number>();
  #asking: Asking | null = null;
  #newestSize = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #subscription: { unsubscribe(): void } | null = null;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#public = new HttpWitnesses(parts);
  }

  async start(): Promise<void> {
    const { bus, database, log } = this.#parts;
    const newest = await selectNewestCheckpoint(database, { cosigned: true });
    this.#newestSize = newest?.size ?? 0;
    this.#asking = null;
    this.#stopping = false;
    this.#public = new HttpWitnesses(this.#parts);
    this.#subscription = onWitnessReply(
      bus,
      (reply) => this.#take(reply),
      (subject, error) => log.warn({ subject, err: error }, 'malformed answer of a witness'),
    );
    const note = newest?.cosigned ?? null;
    if (note !== null) sendSeen(bus, { v: 1, note });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#public.stop();
    this.#subscription?.unsubscribe();
    this.#wakeup.wake();
    await this.#running;
  }

  /** The log grew. */
  wake(): void {
    this.#wakeup.wake();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#turn();
      } catch (error) {
        this.#parts.log.error({ err: error }, 'no checkpoint could be made');
      }
      await this.#wakeup.wait(this.#asking === null ? HEAD_EVERY_MS : LINGER_MS);
    }
  }

  async #turn(): Promise<void> {
    const asking = this.#asking;
    if (asking !== null && this.#isDone(asking)) await this.#publish(asking);
    if (this.#asking === null) await this.#askAboutNewest();
  }

  #isDone(asking: Asking): boolean {
    const now = this.#parts.clock();
    if (asking.enoughAtMs === null) {
      if (now - asking.askedAtMs < GIVE_WAY_MS) return false;
      this.#parts.log.warn({ size: asking.size }, 'too few witnesses answered; asking anew');
      this.#asking = null;
      return false;
    }
    const all = asking.answered.size === asking.identity.witnesses.length;
    return all || now - asking.enoughAtMs >= LINGER_MS;
  }

  async #askAboutNewest(): Promise<void> {
    const { database, clock, transparency } = this.#parts;
    const tree = await selectLogTree(database);
    if (tree.size === this.#newestSize) return;
    // After the tree: the policy must be no older than what the tree holds.
    const identity = await transparency.refreshed(database);
    const { signer } = transparency;
    const root = headOf(tree, nodeVerifier.sha256);
    const note = signCheckpoint({ origin: identity.origin, size: tree.size, root }, signer);
    await insertCheckpoint(database, { size: tree.size, root, note });
    this.#asking = {
      identity,
      size: tree.size,
      note,
      askedAtMs: clock(),
      lines: new Map(),
      answered: new Set(),
      shown: new Set(),
      enoughAtMs: meetsQuorum(identity.policy, new Set()) ? clock() : null,
    };
    const asking = this.#asking;
    this.#askPublic(asking);
    for (const witness of identity.witnesses) await this.#ask(asking, witness);
  }

  #askPublic(asking: Asking): void {
    const { witnessUrls } = this.#parts;
    const witnesses = asking.identity.others.flatMap(({ name, key }) => {
      const url = witnessUrls.get(name);
      return url === undefined ? [] : [{ name, key, url }];
    });
    this.#public.ask(witnesses, asking, (witness, lines) => {
      if (this.#asking !== asking) return;
      this.#takeLines(asking, witness, lines);
      this.#wakeup.wake();
    });
  }

  /** `missing` are batches that it has asked to be shown, besides those since the older tree. */
  async #ask(
    { size, note }: Asking,
    { agent }: Witness,
    missing: readonly string[] = [],
  ): Promise<void> {
    const { bus, database } = this.#parts;
    const oldSize = Math.min(this.#known.get(agent) ?? this.#newestSize, size);
    const proof = await consistencyPath(database, oldSize, size);
    sendWitnessRequest(bus, agent, {
      v: 1,
      note,
      oldSize,
      consistency: proof.map((hash) => encodeBase64(hash)),
      batches: [
        ...(await batchProofsFor(database, agent, { from: oldSize, size })),
        ...(await proofsOfBatches(database, missing, size)),
      ],
    });
  }

  #take(reply: WitnessReply): void {
    const asking = this.#asking;
    const witness = asking?.identity.witnesses.find(({ agent }) => agent === reply.agent);
    if (asking === null || witness === undefined || reply.checkpoint !== asking.size) return;
    // It knows a larger tree than we ever signed, by our own account: that is a refusal.
    const isBehind = reply.size <= asking.size;
    if (reply.status === 409 && isBehind && !asking.answered.has(reply.agent)) {
      this.#askAgain(asking, witness, reply.size);
      return;
    }
    if (reply.missing.length > 0 && !asking.shown.has(reply.agent)) {
      asking.shown.add(reply.agent);
      this.#askOnceMore(asking, witness, reply.missing);
      return;
    }
    asking.answered.add(reply.agent);
    if (reply.status === 200 && reply.line !== null) {
      this.#known.set(witness.agent, asking.size);
      this.#takeLines(asking, witness, [reply.line]);
    } else this.#alarm(witness, reply);
    this.#wakeup.wake();
  }

  /** It knows another tree than we thought, as after a restart of either of us. */
  #askAgain(asking: Asking, witness: Witness, size: number): void {
    if (this.#known.get(witness.agent) === size) {
      asking.answered.add(witness.agent);
      return;
    }
    this.#known.set(witness.agent, size);
    this.#askOnceMore(asking, witness, []);
  }

  #askOnceMore(asking: Asking, witness: Witness, missing: readonly string[]): void {
    this.#ask(asking, witness, missing).catch((error: unknown) => {
      this.#parts.log.error({ err: error, witness: witness.name }, 'a witness cannot be asked');
    });
  }

  /** One of the lines must be by the witness's key; those by others are left out. */
  #takeLines(
    asking: Asking,
    { name, key }: Pick<Witness, 'name' | 'key'>,
    lines: readonly string[],
  ): void {
    const { clock, log } = this.#parts;
    const line = lines.find((each) => isCosignature(asking.note, each, key));
    if (line === undefined) {
      log.error({ witness: name }, 'a cosignature does not verify');
      return;
    }
    asking.lines.set(name, line);
    const isEnough = meetsQuorum(asking.identity.policy, new Set(asking.lines.keys()));
    if (isEnough) asking.enoughAtMs ??= clock();
  }

  /** A witness refuses a head: somebody lost data, or somebody lies. Never to be passed over. */
  #alarm(witness: Witness, { status, reason, checkpoint, size }: WitnessReply): void {
    this.#parts.log.error(
      { witness: witness.name, status, reason, checkpoint, knows: size },
      'a witness refuses to cosign: the log may have been rolled back or forked',
    );
  }

  async #publish(asking: Asking): Promise<void> {
    const { database, bus, clock } = this.#parts;
    const note = addSignatureLines(asking.note, [...asking.lines.values()]);
    const isFirst = await updateCosigned(database, {
      size: asking.size,
      cosigned: note,
      noteDigest: digestOf(encodeUtf8(note)),
      cosignedAtMs: asking.enoughAtMs ?? clock(),
    });
    this.#newestSize = asking.size;
    this.#asking = null;
    // Another coordinator's checkpointer was earlier, and told of its own.
    if (isFirst) sendSeen(bus, { v: 1, note });
  }
}

function isCosignature(checkpoint: string, line: string, key: NoteKey): boolean {
  try {
    const note = parseNote(addSignatureLines(checkpoint, [line]));
    return cosignatureTime(note, key, nodeVerifier) !== null;
  } catch {
    return false;
  }
}
