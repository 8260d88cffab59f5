import { IncidentStatement, parserOf } from '@trustmonitor/protocol';
import { parseCanonical } from '../canonical.ts';
import { MAX_DEPTH, MAX_RECORD_BYTES } from '../limits.ts';

const parser = parserOf(IncidentStatement, 'message.malformed');
const limits = { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH };

/** A record's statement from its signed payload. Throws `message.malformed`. */
export function parseStatement(payload: Uint8Array): IncidentStatement {
  return parser.parse(parseCanonical(payload, limits, 'the record'), 'the record');
}
