/** What `/v1/plan` and `/v1/apply` answer. */
import { PlanResult, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import type { ApiAnswer } from './transport.ts';

const parser = parserOf(PlanResult, 'message.malformed');

/** Throws `message.malformed` for an answer of another shape. */
export function parseChanges({ bytes }: ApiAnswer): PlanResult {
  try {
    return parser.parseJson(new TextDecoder().decode(bytes), 'the answer');
  } catch (cause) {
    throw new TrustMonitorError('message.malformed', 'the API answered with no list of changes', {
      where: '/changes',
      hint: 'the API may be of another version than this command',
      cause,
    });
  }
}
