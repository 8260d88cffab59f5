/** The API's own description: OpenAPI 3.1 from the schemas that validate. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { scopeOf } from '../auth.ts';
import { exampleOf } from './example-of.ts';

interface Media {
  readonly schema?: unknown;
  example?: unknown;
}

interface Operation {
  readonly requestBody?: { readonly content?: Record<string, Media> };
  readonly responses?: Record<string, { readonly content?: Record<string, Media> }>;
}

const DESCRIPTION = `Monitors, rounds, incidents and their evidence.

Errors are problem details (RFC 9457) with a stable \`code\`. Lists are pages: \`limit\` and \`cursor\`
in, \`data\` and \`nextCursor\` out. POST takes an \`Idempotency-Key\`; what is changed is guarded by
\`ETag\` and \`If-Match\`. \`RateLimit-Limit\`, \`-Remaining\` and \`-Reset\` say how much may be asked.
\`x-required-scope\` is what a token must have.`;

export const SWAGGER: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'TrustMonitor', version: '0.1.0', description: DESCRIPTION },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  },
};

/** Call it before routes are added: what each asks of a token becomes a part of the document. */
export function describeRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { schema, config, method } = route;
    if (schema === undefined) return;
    const scope = scopeOf(String(method), config?.scope);
    if (scope === 'public' || scope === 'token') return;
    const described = schema as { 'x-required-scope'?: string; headers?: unknown };
    described['x-required-scope'] = scope;
    if (method === 'POST' && schema.headers === undefined) schema.headers = IDEMPOTENT;
  });
}

/** Documents the header; `idempotency.ts` checks it. */
const IDEMPOTENT = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'The same key with the same request: carried out once, answered the same.',
    },
  },
};

/** The document with an example for every body, made once. */
export function documentOf(app: FastifyInstance): unknown {
  const document = structuredClone(app.swagger()) as { paths: Record<string, object> };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as Operation[]) {
      const bodies = [operation.requestBody, ...Object.values(operation.responses ?? {})];
      for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
        addExample(media);
      }
    }
  }
  return document;
}

function addExample(media: Media): void {
  if (media.schema === undefined || media.example !== undefined) return;
  const example = exampleOf(media.schema, fits);
  // A test sees to it that there is one.
  if (example !== undefined) media.example = example;
}

function fits(schema: unknown, value: unknown): boolean {
  return Value.Check(schema as TSchema, value);
}
