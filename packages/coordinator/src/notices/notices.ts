/**
 * When a part of the monitoring fails for so long that people should know. Pure.
 *
 *     fine     -- it fails -----------------------------> doubtful
 *     doubtful -- it fails in every look for HOLD_MS ---> failing   people are told, unless covered
 *     failing  -- it was covered, and is not any more --> failing   people are told
 *     failing  -- it does not fail any more ------------> fine      told if its beginning was
 *
 * A trouble that alone keeps every monitor from being judged (`blinds`) is covered while people know
 * of another such one: an outage of the whole network is one message and not three.
 *
 * All that changes in one look and has the same topic is one message. What is failing is stored with
 * the messages: neither a restart nor another coordinator says it again.
 */
import type { NoticeTopic } from '@trustmonitor/protocol';

/** A restart or a short gap tells nobody. */
export const HOLD_MS = 30_000;

interface Named {
  readonly topic: NoticeTopic;
  /** A region, a channel or a coordinator; empty where there is one of it only. */
  readonly subject: string;
}

/** One thing that fails now. */
export interface Trouble extends Named {
  /** How it is now, in a sentence. */
  readonly detail: string;
  /** Whether it alone keeps every monitor from being judged. */
  readonly blinds: boolean;
  /** It was waited for already, and is sure at once. */
  readonly isSure?: boolean;
  /** What people know of another way: it is shown, and not told. */
  readonly isQuiet?: boolean;
}

/** Fails, and is not sure yet. */
export interface Doubtful extends Named {
  readonly sinceMs: number;
}

/** What is known to fail, as it is stored. */
export interface Failing extends Trouble {
  readonly sinceMs: number;
  /** Whether people were sent a message that it began. */
  readonly told: boolean;
}

export interface Looked {
  /** All that fails now, with when that was first seen; for the next look. */
  readonly doubtful: readonly Doubtful[];
  /** All that is known to fail, as it is to be stored. */
  readonly failing: readonly Failing[];
  /** Of these, what people are to be told of now. */
  readonly tell: readonly Failing[];
  /** What was known to fail and does not any more. */
  readonly ended: readonly Failing[];
}

export interface Known {
  readonly doubtful: readonly Doubtful[];
  readonly failing: readonly Failing[];
  /** Whether people know that monitors cannot be judged. */
  readonly isBlindTold: boolean;
}

export function look(now: readonly Trouble[], known: Known, nowMs: number): Looked {
  const doubtful = now.map(({ topic, subject }) => {
    const before = known.doubtful.find((one) => isSame(one, { topic, subject }));
    return { topic, subject, sinceMs: Math.min(nowMs, before?.sinceMs ?? nowMs) };
  });
  const sure = now.flatMap((trouble, i): Failing[] => {
    const stored = known.failing.find((one) => isSame(one, trouble));
    if (stored !== undefined) return [{ ...stored, ...trouble }];
    if (trouble.isSure === true) return [{ ...trouble, sinceMs: nowMs, told: false }];
    const sinceMs = doubtful[i]?.sinceMs ?? nowMs;
    return nowMs - sinceMs < HOLD_MS ? [] : [{ ...trouble, sinceMs, told: false }];
  });
  const tell = sure.filter((one) => !one.told && !isCovered(one, sure, known.isBlindTold));
  return {
    doubtful,
    failing: sure.map((one) => ({ ...one, told: one.told || tell.includes(one) })),
    tell,
    ended: known.failing.filter((one) => !now.some((other) => isSame(one, other))),
  };
}

/** Of several that begin at once the first topic is told: the one that explains the others. */
function isCovered(one: Failing, all: readonly Failing[], isBlindTold: boolean): boolean {
  if (one.isQuiet === true) return true;
  if (!one.blinds) return false;
  if (isBlindTold) return true;
  const blinding = all.filter(({ blinds, topic }) => blinds && topic !== one.topic);
  const isFirst = (other: Failing): boolean =>
    all.findIndex(({ topic }) => topic === other.topic) <
    all.findIndex(({ topic }) => topic === one.topic);
  return blinding.some((other) => other.told || isFirst(other));
}

function isSame(a: Named, b: Named): boolean {
  return a.topic === b.topic && a.subject === b.subject;
}
