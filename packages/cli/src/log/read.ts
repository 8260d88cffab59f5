/** Files that the log commands take: notes, proofs, key rings. Each is hostile until verified. */
import { decodeBase64 } from '@trustmonitor/evidence';
import { TrustMonitorError, type Envelope } from '@trustmonitor/protocol';
import { readBounded } from '../verify/read.ts';
import { parseKeyRings } from './log-client.ts';

const MAX_NOTE_BYTES = 64 * 1024;
const MAX_PROOF_BYTES = 16 * 1024;
const MAX_KEYRINGS_BYTES = 64 * 1024 * 1024;

export const readNote = (path: string): Promise<string> =>
  readText(path, MAX_NOTE_BYTES, 'checkpoint');

/** A consistency proof: one hash a line, in base64, as in c2sp.org/tlog-witness. */
export async function readProof(path: string): Promise<Uint8Array[]> {
  const text = await readText(path, MAX_PROOF_BYTES, 'proof');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => asInput(path, () => decodeBase64(line, `a line of ${path}`)));
}

export async function readKeyRings(path: string): Promise<Envelope[]> {
  const text = await readText(path, MAX_KEYRINGS_BYTES, 'key ring file');
  return asInput(path, () => parseKeyRings(text));
}

async function readText(path: string, maxBytes: number, what: string): Promise<string> {
  const bytes = await readBounded(path, maxBytes, what);
  return asInput(path, () => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

/** What is wrong with a file is wrong with the input. Throws `input.malformed`. */
export function asInput<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TrustMonitorError('input.malformed', `${path}: ${(cause as Error).message}`, {
      where: path,
      cause,
    });
  }
}
