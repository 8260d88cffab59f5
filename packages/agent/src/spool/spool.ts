/**
 * Sealed batches on disk until the coordinator has stored them, and the end of their chain.
 *
 * The states of a batch, and what each takes to leave:
 *
 *     sealed    in memory only; its number is not taken yet
 *       | draft written and synced, renamed, folder synced
 *     kept      survives kill -9 and a power cut; only now may it be published
 *       | receipt `committed`        | receipt `refused`
 *     settled   may be removed     set aside   copied to refused/, then settled
 *
 * Where a crash strikes, and what the next start finds:
 *
 *     before the rename     a draft, which is removed. Nobody has seen those batches, so their
 *                           numbers are given to others.
 *     after the rename      the file, whole. It is published, perhaps for a second time:
 *                           receivers know a batch by its digest.
 *     between receipt and   the same: published and receipted once more.
 *     removal
 *
 * So no number is used twice for different bytes and none is left out. The newest file stays even
 * when all of it is settled, because its name is the end of the chain; there is no second file
 * that could disagree. The keys lie beside this folder: whoever deletes it must delete them too,
 * or the agent starts a second chain under the same key.
 *
 * One file holds all batches of one seal, up to one per shard, because the disk asks per file: on
 * ext4 (2 cores, Node 20) a durable file takes 2 to 3 ms and 1.1 ms of CPU, whatever its size up
 * to 60 kB. With a file per batch, 2,000 results a second (640 batches of 16 shards) would take
 * over half a core; with one per seal they take 5 %. Without syncing a file takes 0.1 ms, but a
 * power cut could then take back numbers that had been published, and their second use would look
 * like a rewritten past.
 *
 * Removals are not synced: a file that comes back is sent, and receipted, once more.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { ensureFolder, unwritable } from '../data-directory.ts';
import { openAside, type Aside } from './aside.ts';
import { readSlice, syncFolder, writeWhole } from './disk.ts';
import {
  decodeFile,
  encodeFile,
  fileName,
  headOfName,
  sha256Hex,
  type ChainHead,
  type NewBatch,
  type SpoolEntry,
  type SpoolFileContent,
} from './file.ts';

/** A batch that is safely on disk. */
export type KeptBatch = Pick<SpoolEntry, 'seq' | 'shard' | 'digest'>;

interface SpoolFile {
  readonly name: string;
  readonly bytes: number;
  unsettled: number;
}

interface Place {
  readonly file: SpoolFile;
  readonly offset: number;
  readonly entry: SpoolEntry;
}

const SYNC_RETRY_MS = 1_000;

/** What is set aside may take this share of the spool's size, in each of its two folders. */
const ASIDE_SHARE = 0.125;

export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #refused: Aside;
  readonly #damaged: Aside;
  readonly #log: Logger;
  readonly #places = new Map<number, Place>();
  #headFile: SpoolFile | null = null;
  #head: ChainHead | null = null;
  #bytes = 0;

  private constructor(
    folder: string,
    maxBytes: number,
    refused: Aside,
    damaged: Aside,
    log: Logger,
  ) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#refused = refused;
    this.#damaged = damaged;
    this.#log = log;
  }

  /** Opens the folder and finds the end of the chain. Throws `data.unwritable`. */
  static async open(folder: string, maxBytes: number, log: Logger): Promise<Spool> {
    await ensureFolder(folder);
    try {
      const refused = await openAside(join(folder, 'refused'), maxBytes * ASIDE_SHARE);
      const damaged = await openAside(join(folder, 'damaged'), maxBytes * ASIDE_SHARE);
      const spool = new Spool(folder, maxBytes, refused, damaged, log);
      await spool.#recover();
      return spool;
    } catch (cause) {
      if (cause instanceof TrustMonitorError) throw cause;
      throw unwritable(folder, `spool ${folder} cannot be opened`, cause);
    }
  }

  /** The newest batch of the chain; null before the agent's first. */
  get head(): ChainHead | null {
    return this.#head;
  }

  /** Size of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Batches whose receipt is outstanding, oldest first. */
  unsettled(): KeptBatch[] {
    return [...this.#places.values()].map(({ entry }) => entry);
  }

  /**
   * Keeps the batches of one seal, which continue the chain; resolves when they may be published.
   *
   * When it throws (`data.unwritable`: the spool or the disk is full, or fails) nothing was kept
   * and the chain stands where it stood. After the rename there is no way back, because the file
   * may be found by the next start: then only syncing is left, and it is tried until it works.
   */
  async keep(batches: readonly NewBatch[]): Promise<readonly KeptBatch[]> {
    const { bytes, content } = encodeFile(batches);
    if (this.#bytes + bytes.length > this.#maxBytes) throw this.#full();
    const name = fileName(batches);
    try {
      await writeWhole(join(this.#folder, name), bytes);
    } catch (cause) {
      throw new TrustMonitorError('data.unwritable', `${name} cannot be written`, {
        where: this.#folder,
        hint: 'Is the disk full, or read-only?',
        cause,
      });
    }
    await this.#syncFolder();
    const formerHead = this.#headFile;
    this.#register(name, bytes.length, content);
    if (formerHead?.unsettled === 0) this.#remove(formerHead);
    return content.entries;
  }

  /** The message of a batch; null when its file is damaged, which is then put aside. */
  async read({ seq }: KeptBatch): Promise<Uint8Array | null> {
    const place = this.#places.get(seq);
    if (place === undefined) return null;
    const { file, offset, entry } = place;
    const path = join(this.#folder, file.name);
    const message = await readSlice(path, offset, entry.bytes).catch(() => null);
    if (message !== null && sha256Hex(message) === entry.sha256) return message;
    this.#log.error({ file: file.name, batch: seq }, 'spooled batch is damaged and cannot be sent');
    this.settle(place.entry);
    return null;
  }

  /** Notes that nothing is left to do for a batch; its file goes with the last one in it. */
  settle({ seq }: KeptBatch): void {
    const place = this.#places.get(seq);
    if (place === undefined) return;
    this.#places.delete(seq);
    place.file.unsettled -= 1;
    if (place.file.unsettled === 0 && place.file !== this.#headFile) this.#remove(place.file);
  }

  /** Keeps a refused batch where a person can look at it, and settles it. */
  async setAside(batch: KeptBatch): Promise<void> {
    const message = await this.read(batch);
    if (message === null) return;
    const name = `${String(batch.seq).padStart(16, '0')}-${batch.digest}.batch`;
    await this.#refused.write(name, message).catch((error: unknown) => {
      this.#log.error({ err: error, batch: batch.seq }, 'refused batch cannot be set aside');
    });
    this.settle(batch);
  }

  async #recover(): Promise<void> {
    const names = (await readdir(this.#folder)).toSorted();
    for (const draft of names.filter((name) => name.endsWith('.tmp'))) {
      await rm(join(this.#folder, draft), { force: true });
    }
    for (const name of names.filter((candidate) => headOfName(candidate) !== null)) {
      const path = join(this.#folder, name);
      const bytes = await readFile(path);
      const content = decodeFile(bytes);
      if (content === null) {
        this.#log.error({ file: name }, 'spool file is damaged and was put aside');
        await this.#damaged.take(path, name);
      } else {
        this.#register(name, bytes.length, content);
      }
    }
    this.#adoptDamagedHead();
  }

  /** A damaged file's numbers were used: the chain goes on after them. */
  #adoptDamagedHead(): void {
    for (const name of this.#damaged.names) {
      const head = headOfName(name);
      if (head !== null && head.seq > (this.#head?.seq ?? 0)) this.#head = head;
    }
  }

  /** Names sort by number, so the last file registered is the head. */
  #register(name: string, bytes: number, { entries, bodyStart }: SpoolFileContent): void {
    const file: SpoolFile = { name, bytes, unsettled: entries.length };
    let offset = bodyStart;
    for (const entry of entries) {
      this.#places.set(entry.seq, { file, offset, entry });
      offset += entry.bytes;
    }
    this.#bytes += bytes;
    this.#headFile = file;
    this.#head = headOfName(name);
  }

  #remove(file: SpoolFile): void {
    this.#bytes -= file.bytes;
    rm(join(this.#folder, file.name), { force: true }).catch((error: unknown) => {
      this.#log.warn({ err: error, file: file.name }, 'settled spool file cannot be removed');
    });
  }

  async #syncFolder(): Promise<void> {
    for (;;) {
      try {
        await syncFolder(this.#folder);
        return;
      } catch (error) {
        this.#log.error(
          { err: error },
          'spool folder cannot be synced; nothing is sent until then',
        );
        await sleep(SYNC_RETRY_MS, undefined, { ref: false });
      }
    }
  }

  #full(): TrustMonitorError {
    return new TrustMonitorError('data.unwritable', 'the spool is full', {
      where: this.#folder,
      hint: 'Is the coordinator away? TM_SPOOL_MAX_BYTES sets the size.',
    });
  }
}
