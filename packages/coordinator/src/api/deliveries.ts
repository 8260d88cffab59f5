/** Whether a channel works: a message sent by hand, and the log of those that were sent. */
import {
  DeliveryResource,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  formatTimestamp,
  makeUuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { TestMessage } from '../announce.ts';
import { unsealChannel } from '../channels.ts';
import { deliver } from '../notify/registry.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { StoredChannel } from '../store/channels.ts';
import { insertDone, selectDeliveryPage, type StoredDelivery } from '../store/deliveries.ts';
import { requireChannel } from './channels.ts';
import type { ApiContext } from './context.ts';
import { limitOf, pageOf, readCursor } from './page.ts';

const tags = ['channels'];
const Path = Strict({ id: Slug });
const NUMBER_CURSOR = /^[1-9]\d{0,15}$/;
/** Whoever pressed the button waits. */
const TEST_TIMEOUT_MS = 10_000;

export function deliveryRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database } = context;

  app.post(
    '/v1/channels/:id/test',
    {
      config: { scope: 'channels:write' },
      schema: {
        summary: 'Send a test message now; the answer says whether the receiver took it',
        tags,
        params: Path,
        response: { 200: DeliveryResource },
      },
    },
    async ({ params, actor }) =>
      showDelivery(await sendTest(context, await requireChannel(database, params.id), actor)),
  );

  app.get(
    '/v1/channels/:id/deliveries',
    {
      config: { scope: 'channels:read' },
      schema: {
        summary: 'What the channel was sent, newest first',
        tags,
        params: Path,
        querystring: PageQuery,
        response: { 200: PageOf(DeliveryResource) },
      },
    },
    async ({ params, query }) => {
      await requireChannel(database, params.id);
      const limit = limitOf(query);
      const before = readCursor(query.cursor, NUMBER_CURSOR);
      const from = before === null ? null : Number(before);
      const rows = await selectDeliveryPage(database, params.id, from, limit + 1);
      return pageOf(rows, limit, (row) => String(row.number), showDelivery);
    },
  );
}

/** Tried once, beside the outbox: it neither waits behind what is late nor is sent again. */
async function sendTest(
  { database, secretBox, clock }: ApiContext,
  stored: StoredChannel,
  actor: Actor,
): Promise<StoredDelivery> {
  const channel = unsealChannel(stored, secretBox);
  const atMs = clock();
  const message = {
    id: makeUuid7(atMs, randomBytes(10)),
    createdAt: new Date(atMs),
    payload: {
      type: 'channel.test',
      at: formatTimestamp(atMs),
      summary: `A test of the channel ${channel.id}, asked for by ${actor.name}`,
    } satisfies TestMessage,
  };
  const signal = AbortSignal.timeout(TEST_TIMEOUT_MS);
  const delivery = await deliver(channel, message, signal);
  const error = delivery.ok ? null : delivery.error;
  return database.transaction(async (tx) => {
    const done = await insertDone(tx, { ...message, channel: channel.id, error });
    const detail = { delivered: delivery.ok };
    await insertAudit(tx, { actor, action: 'channel.tested', subject: channel.id, detail });
    return done;
  });
}

function showDelivery(row: StoredDelivery): DeliveryResource {
  const { id, channel, incident, type, attempts, lastError, deliveredAt, givenUpAt } = row;
  const endedAt = deliveredAt ?? givenUpAt;
  return {
    id,
    channel,
    incident,
    type,
    state: deliveredAt !== null ? 'delivered' : givenUpAt !== null ? 'given_up' : 'pending',
    createdAt: row.createdAt.toISOString(),
    attempts,
    lastError,
    endedAt: endedAt?.toISOString() ?? null,
    nextAttemptAt: endedAt === null ? row.nextAttemptAt.toISOString() : null,
  };
}
