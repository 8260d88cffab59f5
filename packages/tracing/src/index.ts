export { jobSpanId, roundSpanId, spanIdOf } from './ids.ts';
export type { Tracing } from './options.ts';
export type { Span, SpanEvent } from './span.ts';
export { TRACING_OFF, openTracing, tracesUrlOf } from './tracing.ts';
