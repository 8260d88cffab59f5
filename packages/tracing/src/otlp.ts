/**
 * Spans over OTLP/HTTP as JSON, by the SDK's batching: a bounded queue (2048 spans), whose surplus is
 * dropped, and a batch every five seconds. `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_*`,
 * `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` are read by the SDK itself.
 */
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { TraceLog, Tracing, TracingOptions } from './options.ts';
import type { Span } from './span.ts';

/** How long a process that stops waits for its last spans to be taken. */
const CLOSE_LIMIT_MS = 2_000;

const SCOPE = { name: 'trustmonitor' };
const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
} as const;

export function openOtlp(options: TracingOptions & { readonly url: string }): Tracing {
  const { url, log } = options;
  const resource = resourceOf(options);
  const exporter = new Audible(new OTLPTraceExporter({ url }), log);
  const processor = new BatchSpanProcessor(exporter);
  return {
    isOn: true,
    record(make) {
      try {
        for (const span of make()) processor.onEnd(readable(span, resource));
      } catch (error) {
        log.warn({ err: error }, 'spans could not be made');
      }
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_LIMIT_MS);
      });
      const done = processor.shutdown().catch(() => undefined);
      await Promise.race([done, late]);
      clearTimeout(timer);
    },
  };
}

function resourceOf({ service, version, attributes }: TracingOptions): Resource {
  const own = { 'service.name': service, 'service.version': version, ...attributes };
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }));
}

/** Says once when the collector does not take spans, and once when it does again. */
class Audible implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #log: TraceLog;
  #fails = false;

  constructor(exporter: SpanExporter, log: TraceLog) {
    this.#exporter = exporter;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#note(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #note({ code, error }: ExportResult): void {
    const fails = code !== ExportResultCode.SUCCESS;
    if (fails === this.#fails) return;
    this.#fails = fails;
    if (fails) this.#log.warn({ err: error }, 'the collector takes no traces; they are dropped');
    else this.#log.info('the collector takes traces again');
  }
}

function readable(span: Span, resource: Resource): ReadableSpan {
  const context = (spanId: string) => ({
    traceId: span.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context(span.spanId),
    ...(span.parentSpanId === null ? {} : { parentSpanContext: context(span.parentSpanId) }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(Math.max(0, span.endMs - span.startMs)),
    ended: true,
    status:
      span.error === null
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: span.attributes,
    links: [],
    events: span.events.map(({ name, atMs, attributes }) => ({
      name,
      time: hrTime(atMs),
      attributes,
    })),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6))];
}
