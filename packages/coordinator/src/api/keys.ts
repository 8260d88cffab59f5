/** Public keys: what an outsider pins, and the key rings that it vouches for. */
import { Envelope, RootFile } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiContext } from './context.ts';

const PUBLIC = { scope: 'public' as const };

export function keyRoutes(app: FastifyInstance, { keyRings }: ApiContext): void {
  app.get(
    '/v1/keys/root',
    {
      config: PUBLIC,
      schema: {
        summary: 'The public root file that verifiers pin',
        description: 'Get it from the operator by a second way before you trust it.',
        tags: ['keys'],
        response: { 200: RootFile },
      },
    },
    () => keyRings.root,
  );
  app.get(
    '/.well-known/trustmonitor/keyring.json',
    {
      config: PUBLIC,
      schema: {
        summary: 'All versions of the key ring, oldest first',
        tags: ['keys'],
        response: { 200: Type.Array(Envelope) },
      },
    },
    () => keyRings.envelopes,
  );
}
