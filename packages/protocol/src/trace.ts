/** Where a round is found among traces (https://www.w3.org/TR/trace-context). */
import type { Uuid7 } from './schema.ts';

/** The round is the trace: whoever knows the one knows the other. */
export function traceIdOf(round: Uuid7): string {
  return round.replaceAll('-', '');
}
