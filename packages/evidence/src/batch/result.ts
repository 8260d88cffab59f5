import { resultParser, type Result, type RingKey } from '@trustmonitor/protocol';
import { parseCanonicalText } from '../canonical.ts';
import { invalidBatch } from '../errors.ts';
import { MAX_DEPTH } from '../limits.ts';

/** A result from its canonical text. Throws `message.malformed`. */
export function parseResult(text: string, what = 'the result'): Result {
  return resultParser.parse(parseCanonicalText(text, MAX_DEPTH, what), what);
}

/** A result is of the network, agent and region of the key that signed its batch. */
export function requireResultOfKey(result: Result, key: RingKey, network: string): void {
  const claims = [
    ['network', result.network, network],
    ['agent', result.agent, key.agent],
    ['region', result.region, key.region],
  ] as const;
  for (const [field, claimed, actual] of claims) {
    if (claimed !== actual) {
      throw invalidBatch(`a result claims ${field} ${claimed}; its key says ${actual ?? 'none'}`);
    }
  }
}
