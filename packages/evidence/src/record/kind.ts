import { parseCanonical } from '../canonical.ts';
import { MAX_DEPTH, MAX_RECORD_BYTES } from '../limits.ts';

/** What a statement says of itself that it is about; nothing of it is checked. */
export function predicateTypeOf(payload: Uint8Array): unknown {
  const limits = { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH };
  const value = parseCanonical(payload, limits, 'the statement');
  const isTyped = typeof value === 'object' && value !== null && 'predicateType' in value;
  return isTyped ? value.predicateType : null;
}
