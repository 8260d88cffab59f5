/**
 * What a witness may never forget: the newest tree it cosigned. It is on disk before the
 * cosignature leaves; a witness that lost it could cosign a second history of the same log.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeHex, encodeHex, encodeUtf8, type KnownTree } from '@trustmonitor/evidence';
import { Count, Sha256Hex, Strict, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import Type from 'typebox';
import { unwritable } from '../data-directory.ts';
import { syncFolder, writeWhole } from '../spool/disk.ts';

/** A batch with a receipt, whose place in the log has not been proved yet. */
export interface Owed {
  readonly batch: string;
  /** RFC 9162 hash of its leaf in the log, in hex. */
  readonly leaf: string;
  /** When its receipt came, by this machine's clock. */
  readonly since: number;
}

export interface WitnessMemory {
  readonly tree: KnownTree;
  readonly owed: readonly Owed[];
}

const Stored = Strict({
  size: Count,
  root: Sha256Hex,
  owed: Type.Array(Strict({ batch: Sha256Hex, leaf: Sha256Hex, since: Count })),
});
const parser = parserOf(Stored, 'message.malformed');

const NOTHING: WitnessMemory = { tree: { size: 0, root: new Uint8Array(32) }, owed: [] };

/** Throws `message.malformed` when the file is damaged: then it must not cosign at all. */
export async function readMemory(file: string): Promise<WitnessMemory> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NOTHING;
    throw unwritable(file, `${file} cannot be read`, error);
  }
  try {
    const { size, root, owed } = parser.parseJson(text, file);
    return { tree: { size, root: decodeHex(root) }, owed };
  } catch (cause) {
    throw new TrustMonitorError('message.malformed', `${file} is damaged`, {
      where: file,
      hint: 'Restore it from a backup, or enrol this agent anew: without it, it cannot be a witness.',
      cause,
    });
  }
}

/** Durable when it resolves. */
export async function writeMemory(file: string, { tree, owed }: WitnessMemory): Promise<void> {
  const stored = { size: tree.size, root: encodeHex(tree.root), owed };
  await writeWhole(file, encodeUtf8(JSON.stringify(stored)));
  await syncFolder(dirname(file));
}
