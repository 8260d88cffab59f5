/** The transparency log in public, as https://c2sp.org/tlog-tiles lays it out. */
import { TILE_WIDTH, formatEntries, parseTilePath } from '@trustmonitor/evidence';
import {
  CheckpointResource,
  Envelope,
  PageOf,
  PageQuery,
  Sha256Hex,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Queryable } from '../store/database.ts';
import {
  selectCheckpointPage,
  selectLogEntries,
  selectLogIndexes,
  selectLoggedEnvelope,
  selectNewestCheckpoint,
  selectTiles,
  tileKey,
} from '../store/log.ts';
import type { ApiContext } from './context.ts';
import { limitOf, pageOf, readCursor } from './page.ts';
import { showCheckpoint } from './show-checkpoint.ts';

const PUBLIC = { scope: 'public' as const };
const tags = ['log'];
const HASH_BYTES = 32;
const SIZE_CURSOR = /^\d{1,15}$/;

export function logRoutes(instance: FastifyInstance, context: ApiContext): void {
  checkpointRoutes(instance, context);
  contentRoutes(instance, context);
}

function checkpointRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/log/checkpoint',
    {
      config: PUBLIC,
      schema: { summary: 'The newest cosigned checkpoint, as a signed note', tags },
    },
    async (_request, reply) => {
      const newest = await selectNewestCheckpoint(database, { cosigned: true });
      const note = newest?.cosigned ?? null;
      if (note === null) {
        throw new TrustMonitorError('not_found', 'no checkpoint has been cosigned yet');
      }
      return reply
        .type('text/plain; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(Buffer.from(note));
    },
  );

  app.get(
    '/v1/log/checkpoints',
    {
      config: PUBLIC,
      schema: {
        summary: 'Cosigned checkpoints that are kept, newest first, and who cosigned them when',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(CheckpointResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const below = readCursor(query.cursor, SIZE_CURSOR);
      const before = below === null ? null : Number(below);
      const rows = await selectCheckpointPage(database, before, limit + 1);
      return pageOf(rows, limit, ({ size }) => String(size), showCheckpoint);
    },
  );
}

function contentRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/log/tile/*',
    {
      config: PUBLIC,
      schema: {
        summary:
          'A tile of hashes or of entries: <level>/<n> or entries/<n>, .p/<width> at the edge',
        tags,
        // No schema for the path: typebox makes a regular expression of its name, which is `*`.
      },
    },
    async ({ params }, reply) => {
      const path = (params as { readonly '*': string })['*'];
      const bytes = await tileBytes(database, `tile/${path}`);
      if (bytes === null) throw new TrustMonitorError('not_found', 'the log has no such tile');
      return (
        reply
          .type('application/octet-stream')
          // A tile never changes: what is at the edge has its width in its name.
          .header('cache-control', 'public, max-age=31536000, immutable')
          .send(Buffer.from(bytes))
      );
    },
  );

  app.get(
    '/log/payload/:digest',
    {
      schema: {
        summary: 'A logged document by the SHA-256 of its payload',
        tags,
        params: Strict({ digest: Sha256Hex }),
        response: { 200: Envelope },
      },
    },
    async ({ params }) => {
      const envelope = await selectLoggedEnvelope(database, params.digest);
      if (envelope !== null) return envelope;
      throw await missing(database, params.digest);
    },
  );
}

/** What is logged and not stored any more is a batch whose time was over. */
async function missing(db: Queryable, digest: string): Promise<TrustMonitorError> {
  const isLogged = (await selectLogIndexes(db, [digest])).size > 0;
  if (!isLogged) return new TrustMonitorError('not_found', 'no such document is logged');
  return new TrustMonitorError('gone', 'the batch was dropped when its time was over', {
    hint: 'Its leaf stays in the log. TM_RETENTION_RAW_DAYS says how long batches are kept.',
  });
}

/** A whole tile, or exactly as much of one as was asked for; null when there is not that much. */
async function tileBytes(db: Queryable, path: string): Promise<Uint8Array | null> {
  const { level, index, width } = requireTilePath(path);
  if (level === 'entries') {
    const entries = await selectLogEntries(db, index * TILE_WIDTH, width);
    return entries.length === width ? formatEntries(entries.map(({ body }) => body)) : null;
  }
  const tiles = await selectTiles(db, [{ level, index, width }]);
  const hashes = tiles.get(tileKey(level, index));
  if (hashes === undefined || hashes.length < width * HASH_BYTES) return null;
  return hashes.subarray(0, width * HASH_BYTES);
}

function requireTilePath(path: string): ReturnType<typeof parseTilePath> {
  try {
    return parseTilePath(path);
  } catch (cause) {
    throw new TrustMonitorError('not_found', 'the path names no tile', { cause });
  }
}
