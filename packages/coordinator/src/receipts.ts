/** What agents are told about their batches. */
import { decodeBase64, decodeUtf8, digestOf, type OpenedBatch } from '@trustmonitor/evidence';
import {
  Batch,
  Envelope,
  parserOf,
  type Receipt,
  type TrustMonitorError,
} from '@trustmonitor/protocol';

const MAX_REASON = 300;

/** Sent only after COMMIT: the agent may forget the batch. */
export function committed(opened: OpenedBatch): Receipt {
  return receipt(opened, 'committed', '');
}

/** Sending the batch again is no use: the agent sets it aside. */
export function refused(opened: OpenedBatch, reason: string): Receipt {
  return receipt(opened, 'refused', reason.slice(0, MAX_REASON));
}

const envelopes = parserOf(Envelope);
const payloads = parserOf(Batch);

/**
 * As `refused`, for a message that could not be opened: its own unproven words say which batch
 * it is, and the receipt goes to `agent`, whom the broker let publish it. Null when it does not
 * even say that.
 */
export function refusedUnopened(
  agent: string,
  message: Uint8Array,
  { code, message: why }: TrustMonitorError,
): Receipt | null {
  try {
    const end = message.indexOf(0x0a);
    const head = decodeUtf8(end < 0 ? message : message.subarray(0, end));
    const payload = decodeBase64(envelopes.parseJson(head).payload);
    const { seq } = payloads.parseJson(decodeUtf8(payload));
    const batch = digestOf(payload);
    const reason = `${code}: ${why}`.slice(0, MAX_REASON);
    return { v: 1, agent, seq, batch, status: 'refused', reason };
  } catch {
    return null;
  }
}

function receipt(opened: OpenedBatch, status: Receipt['status'], reason: string): Receipt {
  const { agent, seq } = opened.batch;
  return { v: 1, agent, seq, batch: opened.digest, status, reason };
}
