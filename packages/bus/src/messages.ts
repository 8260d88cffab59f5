/** Each message the parts exchange, sent and received in the types of the protocol. */
import {
  TrustMonitorError,
  allBeats,
  beatParser,
  beatReplyParser,
  beatSubject,
  isTrustMonitorError,
  jobParser,
  jobQueue,
  jobSubject,
  receiptParser,
  receiptSubject,
  resultSubject,
  resultsOfShard,
  type Beat,
  type BeatReply,
  type Job,
  type Parser,
  type Receipt,
} from '@trustmonitor/protocol';
import type { Bus } from './connection.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Called for input that does not parse: it is dropped, counted and never acted on. */
export type OnMalformed = (subject: string, error: TrustMonitorError) => void;

interface Stop {
  unsubscribe(): void;
}

/** Sends a job to its region, at most once. False while the broker is away. */
export function sendJob(bus: Bus, job: Job): boolean {
  return bus.publish(jobSubject(job.region), encode(job));
}

/** Takes jobs of a region; each job goes to one of the region's agents. */
export function onJob(
  bus: Bus,
  region: string,
  handle: (job: Job) => void,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(
    jobSubject(region),
    ({ subject, data }) => {
      const job = decode(subject, data, jobParser, onMalformed);
      if (job !== null) handle(job);
    },
    { queue: jobQueue(region) },
  );
}

/** Sends a sealed batch. It stays in the agent's spool until its receipt has come. */
export function sendBatch(bus: Bus, shard: number, agent: string, message: Uint8Array): boolean {
  return bus.publish(resultSubject(shard, agent), message);
}

/** Takes batches of one shard, or of all. `agent` is who the broker let publish it. */
export function onBatch(
  bus: Bus,
  shard: number | '*',
  handle: (agent: string, message: Uint8Array) => void,
): Stop {
  return bus.subscribe(resultsOfShard(shard), ({ subject, data }) => {
    handle(subject.slice(subject.lastIndexOf('.') + 1), data);
  });
}

/** Says what became of a batch. If it is lost the agent sends the batch again. */
export function sendReceipt(bus: Bus, receipt: Receipt): boolean {
  return bus.publish(receiptSubject(receipt.agent), encode(receipt));
}

export function onReceipt(
  bus: Bus,
  agent: string,
  handle: (receipt: Receipt) => void,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(receiptSubject(agent), ({ subject, data }) => {
    const receipt = decode(subject, data, receiptParser, onMalformed);
    if (receipt !== null) handle(receipt);
  });
}

/** Sends a heartbeat and waits for the coordinator's time. Throws `nats.unavailable`. */
export async function requestBeat(bus: Bus, beat: Beat, timeoutMs: number): Promise<BeatReply> {
  const data = await bus.request(beatSubject(beat.region, beat.agent), encode(beat), timeoutMs);
  return beatReplyParser.parseJson(decoder.decode(data), 'heartbeat reply');
}

/**
 * Takes heartbeats and answers them. Who beats is what the subject says, because the broker
 * checks that; a beat that names somebody else is malformed.
 */
export function onBeat(
  bus: Bus,
  handle: (beat: Beat) => BeatReply,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(allBeats, (delivery) => {
    const { subject, data } = delivery;
    const beat = decode(subject, data, beatParser, onMalformed);
    if (beat === null) return;
    if (subject !== beatSubject(beat.region, beat.agent)) {
      onMalformed(
        subject,
        new TrustMonitorError('message.malformed', 'heartbeat names another agent', {
          where: subject,
        }),
      );
      return;
    }
    delivery.respond(encode(handle(beat)));
  });
}

function encode(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

function decode<T>(
  subject: string,
  data: Uint8Array,
  parser: Parser<T>,
  onMalformed: OnMalformed,
): T | null {
  try {
    return parser.parseJson(decoder.decode(data), subject);
  } catch (error) {
    const known = isTrustMonitorError(error)
      ? error
      : new TrustMonitorError('message.malformed', `${subject}: not UTF-8`, { cause: error });
    onMalformed(subject, known);
    return null;
  }
}
