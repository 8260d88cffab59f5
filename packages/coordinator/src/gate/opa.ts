/**
 * Asks Open Policy Agent, over its Data API (https://www.openpolicyagent.org/docs/rest-api#data-api):
 * POST {"input": ...} to the document of the policy, which answers {"result": ..., "decision_id": ...}.
 * `result` is missing when the document is undefined.
 *
 * Whatever is not a clear answer is `undecided`, with the reason; the gate then stays closed.
 */
import Type, { type Static } from 'typebox';
import {
  TrustMonitorError,
  isTrustMonitorError,
  parserOf,
  type GateFacts,
  type GateThresholds,
} from '@trustmonitor/protocol';
import { cut, oneLine } from '../notify/text.ts';

export interface OpaSettings {
  /** Of the policy's document: http://127.0.0.1:8181/v1/data/trustmonitor/gate */
  readonly url: string;
  readonly token: string | null;
}

export type OpaAnswer =
  | {
      readonly decided: true;
      readonly allow: boolean;
      readonly reasons: readonly string[];
      readonly decisionId: string | null;
    }
  | { readonly decided: false; readonly fault: OpaFault; readonly reason: string };

/** Why there is no answer to rely on. */
export const OPA_FAULTS = ['unreachable', 'timeout', 'status', 'undefined', 'malformed'] as const;
export type OpaFault = (typeof OPA_FAULTS)[number];

/** A policy of some rules answers in a millisecond; who deploys waits for this. */
const LIMIT_MS = 5_000;
const MAX_ANSWER_BYTES = 262_144;
const MOST_REASONS = 64;
const LONGEST_REASON = 1_000;

/** What else a policy says of itself is its own affair. */
const Answer = Type.Object({
  decision_id: Type.Optional(Type.String({ maxLength: 200 })),
  result: Type.Optional(
    Type.Object({
      allow: Type.Boolean(),
      reasons: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});
const answerParser = parserOf(Answer, 'message.malformed');

export async function askOpa(
  { url, token }: OpaSettings,
  input: GateFacts & { readonly thresholds: GateThresholds },
  limitMs = LIMIT_MS,
): Promise<OpaAnswer> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      // Who decides is for the operator to say, not for whoever answers.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'TrustMonitor',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ input }),
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return undecided('status', `OPA answered with status ${response.status}`);
    }
    return read(await boundedText(response));
  } catch (error) {
    if (signal.aborted)
      return undecided('timeout', `OPA did not answer within ${limitMs / 1_000} s`);
    if (isTrustMonitorError(error)) return undecided('malformed', error.message);
    return undecided(
      'unreachable',
      `OPA cannot be reached: ${withoutToken(causeOf(error), token)}`,
    );
  }
}

function read(text: string): OpaAnswer {
  let answer: Static<typeof Answer>;
  try {
    answer = answerParser.parseJson(text, 'the answer of OPA');
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    return undecided('malformed', error.message);
  }
  const { result, decision_id: decisionId = null } = answer;
  if (result === undefined) {
    return undecided('undefined', 'OPA knows no such policy, or it left the decision undefined');
  }
  const reasons = (result.reasons ?? []).slice(0, MOST_REASONS).map(printable);
  if (result.allow && reasons.length > 0) {
    return undecided('malformed', `OPA allows and gives reasons against it: ${reasons.join('; ')}`);
  }
  return { decided: true, allow: result.allow, reasons, decisionId };
}

/** Throws `message.malformed` for more than a policy has to say. */
async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) continue;
    throw new TrustMonitorError(
      'message.malformed',
      `the answer of OPA is longer than ${MAX_ANSWER_BYTES} bytes`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

const undecided = (fault: OpaFault, reason: string): OpaAnswer => ({
  decided: false,
  fault,
  reason: printable(reason),
});

/** Reasons are signed, stored and shown: on one line, and of text that canonical JSON can spell. */
const printable = (text: string): string =>
  cut(oneLine(text).replace(/\p{Surrogate}/gu, '\ufffd'), LONGEST_REASON);

/** What is signed is shown to all who may read decisions. */
function withoutToken(text: string, token: string | null): string {
  return token === null || token === '' ? text : text.replaceAll(token, '[token]');
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
