/** Each message the parts exchange, sent and received in the types of the protocol. */
import {
  TrustMonitorError,
  allBeats,
  allCosignatures,
  beatParser,
  beatReplyParser,
  beatSubject,
  cosignSubject,
  isTrustMonitorError,
  jobParser,
  jobQueue,
  jobSubject,
  receiptParser,
  receiptSubject,
  resultSubject,
  resultsOfShard,
  seenNoticeParser,
  seenSubject,
  witnessReplyParser,
  witnessRequestParser,
  witnessSubject,
  type Beat,
  type BeatReply,
  type Job,
  type Parser,
  type Receipt,
  type SeenNotice,
  type WitnessReply,
  type WitnessRequest,
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
      onMalformed(subject, namesAnother(subject, 'heartbeat'));
      return;
    }
    delivery.respond(encode(handle(beat)));
  });
}

/** Asks an agent to cosign a checkpoint. The answer comes by `onWitnessReply`, or never. */
export function sendWitnessRequest(bus: Bus, agent: string, request: WitnessRequest): boolean {
  return bus.publish(witnessSubject(agent), encode(request));
}

export function onWitnessRequest(
  bus: Bus,
  agent: string,
  handle: (request: WitnessRequest) => void,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(witnessSubject(agent), ({ subject, data }) => {
    const request = decode(subject, data, witnessRequestParser, onMalformed);
    if (request !== null) handle(request);
  });
}

export function sendWitnessReply(bus: Bus, reply: WitnessReply): boolean {
  return bus.publish(cosignSubject(reply.agent), encode(reply));
}

/** Takes answers of witnesses; one that names another agent than its subject is malformed. */
export function onWitnessReply(
  bus: Bus,
  handle: (reply: WitnessReply) => void,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(allCosignatures, ({ subject, data }) => {
    const reply = decode(subject, data, witnessReplyParser, onMalformed);
    if (reply === null) return;
    if (subject === cosignSubject(reply.agent)) handle(reply);
    else onMalformed(subject, namesAnother(subject, 'answer of a witness'));
  });
}

/** Tells all agents of a cosigned checkpoint. */
export function sendSeen(bus: Bus, notice: SeenNotice): boolean {
  return bus.publish(seenSubject, encode(notice));
}

export function onSeen(
  bus: Bus,
  handle: (notice: SeenNotice) => void,
  onMalformed: OnMalformed,
): Stop {
  return bus.subscribe(seenSubject, ({ subject, data }) => {
    const notice = decode(subject, data, seenNoticeParser, onMalformed);
    if (notice !== null) handle(notice);
  });
}

function namesAnother(subject: string, what: string): TrustMonitorError {
  return new TrustMonitorError('message.malformed', `${what} names another agent`, {
    where: subject,
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
