/** Where spans go: nowhere, or to a collector. Never in the way of what they tell of. */
import type { Tracing, TracingOptions } from './options.ts';

export const TRACING_OFF: Tracing = {
  isOn: false,
  record: () => undefined,
  close: () => Promise.resolve(),
};

/** The SDK is loaded only where it is used: it takes 60 ms and 15 MB. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { url } = options;
  if (url === null) return TRACING_OFF;
  const { openOtlp } = await import('./otlp.ts');
  return openOtlp({ ...options, url });
}

/**
 * `OTEL_EXPORTER_OTLP_ENDPOINT` -> where traces are posted to
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp).
 * Throws an `Error` whose message says what is wrong with it.
 */
export function tracesUrlOf(endpoint: string): string {
  const isHttp = /^https?:\/\/[^/]/.test(endpoint) && URL.canParse(endpoint);
  if (!isHttp) throw new Error('is not an http or https URL such as http://collector:4318');
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}
