/** What tracing is given, and what it gives. */
import type { Attributes, Span } from './span.ts';

export interface Tracing {
  /** False where nobody wants spans: they need not be gathered. */
  readonly isOn: boolean;
  /** Takes the spans that `make` returns, now or never: it does not wait, and it does not throw. */
  record(make: () => readonly Span[]): void;
  /** Sends what waits, for a moment. */
  close(): Promise<void>;
}

export interface TraceLog {
  info(message: string): void;
  warn(detail: object, message: string): void;
}

export interface TracingOptions {
  /** Of the collector's traces; null: there is none. */
  readonly url: string | null;
  /** `service.name`, unless `OTEL_SERVICE_NAME` says otherwise. */
  readonly service: string;
  readonly version: string;
  /** Of the process, for every span. */
  readonly attributes: Attributes;
  readonly log: TraceLog;
}
