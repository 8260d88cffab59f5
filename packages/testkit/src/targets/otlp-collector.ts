/** A collector of traces (OTLP/HTTP, JSON): keeps what it is sent, and can refuse. */
import { listen, type Target } from './target.ts';
import http from 'node:http';

type Value = { readonly stringValue?: string; readonly intValue?: number | string };

/** A span as https://opentelemetry.io/docs/specs/otlp/ writes it, with its attributes as an object. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events: readonly { readonly name: string }[];
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string | number | undefined>>;
}

export interface OtlpCollector extends Target {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Everything it was sent, as it was sent. */
  readonly bodies: readonly string[];
  /** Status to answer with from now on. */
  answerWith(status: number): void;
}

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'resource'> & {
        readonly attributes: readonly Attribute[];
      })[];
    }[];
  }[];
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const bodies: string[] = [];
  let status = 200;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isTraces = request.method === 'POST' && request.url === '/v1/traces';
      if (isTraces && status === 200) bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(isTraces ? status : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const target = await listen(server);
  return {
    host: target.host,
    port: target.port,
    close: () => target.close(),
    get connections() {
      return target.connections;
    },
    url: `http://${target.host}:${target.port}`,
    bodies,
    get spans() {
      return bodies.flatMap((body) => spansOf(JSON.parse(body) as Exported));
    },
    answerWith: (next) => (status = next),
  };
}

function spansOf({ resourceSpans }: Exported): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: plain(span.attributes),
        resource: plain(resource.attributes),
      })),
    ),
  );
}

function plain(attributes: readonly Attribute[]): CollectedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );
}
