/** `GET /v1/events`: what happens, as it is committed, to whoever listens. */
import {
  LIVE_EVENT_TYPES,
  LiveEvent,
  Slug,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import type { ApiContext } from '../context.ts';
import { OutStream, sseEvent } from '../stream.ts';
import { EventFeed, type NumberedEvent } from './feed.ts';

const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it connects again. */
const RECONNECT_MS = 2_000;
const MAX_LISTENERS = 500;

const Query = Strict({
  type: Type.Optional(Type.Array(Type.Enum([...LIVE_EVENT_TYPES]), { maxItems: 16 })),
  monitor: Type.Optional(Slug),
});

const Headers = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      pattern: '^(?:\\d{1,15}-\\d{1,9})?$',
      description: 'The id of the last event that was seen: what came after it is told first.',
    }),
  ),
});

export function eventRoutes(instance: FastifyInstance, { database, log }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const feed = new EventFeed(database, log);
  const streams = new Set<OutStream>();
  app.addHook('preClose', (done) => {
    feed.close();
    for (const stream of streams) stream.end();
    done();
  });

  app.get(
    '/v1/events',
    {
      config: { scope: 'events:read' },
      schema: {
        summary: 'What happens, live',
        description:
          'Server-sent events. When `Last-Event-ID` is too old to go on from, the first event is ' +
          '`stream.reset`: read again what you show, and go on listening.',
        tags: ['events'],
        querystring: Query,
        headers: Headers,
        response: {
          200: {
            description: 'A stream that does not end',
            content: { 'text/event-stream': { schema: LiveEvent } },
          },
        },
      },
    },
    async ({ query, headers }, reply) => {
      if (streams.size >= MAX_LISTENERS) {
        throw new TrustMonitorError('rate.limited', 'too many listen already');
      }
      const stream = new OutStream();
      streams.add(stream);
      // Before anything else: what fails below, or falls behind while it catches up, gives up its place.
      stream.onClose(() => streams.delete(stream));
      try {
        await open(stream, feed, headers['last-event-id'] ?? '', wanted(query));
      } catch (error) {
        stream.readable.destroy();
        throw error;
      }
      return stream.send(reply, 'text/event-stream');
    },
  );
}

type Wanted = (event: LiveEvent) => boolean;

function wanted({ type, monitor }: Static<typeof Query>): Wanted {
  return (event) =>
    (type === undefined || type.includes(event.type)) &&
    (monitor === undefined || ('monitor' in event && event.monitor === monitor));
}

/** Catches up with what was missed, then goes along with everybody else until the stream closes. */
async function open(
  stream: OutStream,
  feed: EventFeed,
  lastId: string,
  isWanted: Wanted,
): Promise<void> {
  const write = (events: readonly NumberedEvent[]): void => {
    for (const { id, event } of events) {
      if (isWanted(event) && !stream.write(sseEvent(event.type, event, id))) return;
    }
  };
  stream.write(`retry: ${RECONNECT_MS}\n\n`);
  await catchUp(stream, feed, lastId, write);
  const from = await feed.position();
  // Closed while it caught up: nothing would ever end what begins here.
  if (stream.readable.destroyed) return;
  const stopListening = feed.listen(from, write);
  const beat = setInterval(() => stream.write(': still here\n\n'), HEARTBEAT_MS);
  stream.onClose(() => {
    clearInterval(beat);
    stopListening();
  });
}

async function catchUp(
  stream: OutStream,
  feed: EventFeed,
  lastId: string,
  write: (events: readonly NumberedEvent[]) => void,
): Promise<void> {
  if (lastId === '') return;
  const [seq = 0, index = 0] = lastId.split('-').map(Number);
  if (!(await feed.keeps(seq))) {
    stream.write(sseEvent('stream.reset', { reason: `event ${lastId} is no longer kept` }));
    return;
  }
  const isLater = ({ id }: NumberedEvent): boolean => {
    const [row = 0, place = 0] = id.split('-').map(Number);
    return row > seq || place > index;
  };
  let next = seq;
  for (let to = await feed.position(); next < to; to = await feed.position()) {
    const missed = await feed.readFrom(next, to);
    write(missed.events.filter(isLater));
    next = missed.next;
  }
}
