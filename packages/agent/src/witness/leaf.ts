/** Where one of our batches must stand in the log: the hash of its leaf. */
import { decodeUtf8, encodeHex, leafHash, logLeafOf } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { Envelope, parserOf } from '@trustmonitor/protocol';

const parser = parserOf(Envelope, 'internal');
const LINE_BREAK = 0x0a;

/** `message` is a sealed batch of ours: its first line is the envelope. In hex. */
export function logLeafHashOf(message: Uint8Array, voteKey: Uint8Array): string {
  const head = decodeUtf8(message.subarray(0, message.indexOf(LINE_BREAK)));
  const leaf = logLeafOf(parser.parseJson(head, 'our own batch'), [voteKey], nodeVerifier.sha256);
  return encodeHex(leafHash(leaf, nodeVerifier.sha256));
}
