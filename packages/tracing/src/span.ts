/** A span that is over, as plain data: made from what is known when a round or a probe has ended. */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

export interface Span {
  /** 32 hex digits: the round's, see `traceIdOf`. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Null for the root of a trace. */
  readonly parentSpanId: string | null;
  /** One of few: what differs from round to round is in the attributes. */
  readonly name: string;
  readonly kind: 'internal' | 'producer' | 'client';
  /** Milliseconds since 1970, with a fraction where it is known. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** What went wrong; null where nothing did. */
  readonly error: string | null;
}
