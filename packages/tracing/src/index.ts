export { jobSpanId, roundSpanId, spanIdOf } from './ids.ts';
export type { Span, SpanEvent } from './span.ts';
export {
  TRACING_OFF,
  openTracing,
  tracesUrlOf,
  type Tracing,
  type TracingOptions,
} from './tracing.ts';
