/** Where people look at the trace of a round. */
import { traceIdOf, type Uuid7 } from '@trustmonitor/protocol';

/** What a template of TM_TRACE_URL_TEMPLATE must have in it. */
export const TRACE_ID_PLACE = '{traceId}';

/** Null without a template. */
export function traceUrlOf(round: Uuid7, template: string | null): string | null {
  return template === null ? null : template.replaceAll(TRACE_ID_PLACE, traceIdOf(round));
}
