/** Rounds and the raw votes in them. */
import {
  PageOf,
  PageQuery,
  RoundDetail,
  RoundResource,
  Slug,
  Strict,
  TrustMonitorError,
  Uuid7,
  formatTimestamp,
  traceIdOf,
  uuid7Time,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { firstKeptMs } from '../retention.ts';
import { selectFirstMonitorAt, selectMonitor } from '../store/monitors.ts';
import { selectResults } from '../store/results.ts';
import { selectRound, selectRoundPage, type StoredRound } from '../store/rounds.ts';
import { traceUrlOf } from '../trace-url.ts';
import type { ApiContext } from './context.ts';
import { Instant, UUID7_CURSOR, instantOf, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['rounds'];
const READ = { scope: 'monitors:read' as const };

const ListQuery = Strict({
  ...PageQuery.properties,
  from: Type.Optional(Instant('Opened at this time or later.')),
  to: Type.Optional(Instant('Opened before this time.')),
});

export function roundRoutes(instance: FastifyInstance, context: ApiContext): void {
  const { database, settings } = context;
  const show = (round: StoredRound): RoundResource => showRound(round, settings.traceUrlTemplate);
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/monitors/:id/rounds',
    {
      config: READ,
      schema: {
        summary: 'Rounds of a monitor, newest first',
        tags,
        params: Strict({ id: Slug }),
        querystring: ListQuery,
        response: { 200: PageOf(RoundResource) },
      },
    },
    async ({ params, query }) => {
      if ((await selectMonitor(database, params.id)) === null) {
        throw new TrustMonitorError('not_found', `there is no monitor ${params.id}`);
      }
      const limit = limitOf(query);
      const filter = {
        from: instantOf(query.from, '/from'),
        to: instantOf(query.to, '/to'),
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectRoundPage(database, params.id, filter, limit + 1);
      return pageOf(rows, limit, ({ id }) => id, show);
    },
  );

  app.get(
    '/v1/rounds/:id',
    {
      config: READ,
      schema: {
        summary: 'A round with every signed result that agents sent for it',
        tags,
        params: Strict({ id: Uuid7 }),
        response: { 200: RoundDetail },
      },
    },
    async ({ params }) => {
      const round = await selectRound(database, params.id);
      if (round === null) throw await absence(params.id, context);
      const results = await selectResults(database, [round.id]);
      return {
        ...show(round),
        results: results.map(({ result, counted, batch, index, receivedAtMs }) => ({
          result,
          counted,
          batch,
          index,
          receivedAt: formatTimestamp(receivedAtMs),
        })),
      };
    },
  );
}

/** Rounds of a time that the network watched something in and that is dropped: gone, if there were any. */
async function absence(
  id: Uuid7,
  { database, settings, clock }: ApiContext,
): Promise<TrustMonitorError> {
  const bornAtMs = uuid7Time(id);
  const firstAt = await selectFirstMonitorAt(database);
  const isOfOurTime = firstAt !== null && bornAtMs >= firstAt.getTime();
  const { rawDays } = settings.retention;
  if (!isOfOurTime || bornAtMs >= firstKeptMs(clock(), rawDays)) {
    return new TrustMonitorError('not_found', `there is no closed round ${id}`);
  }
  const day = formatTimestamp(bornAtMs).slice(0, 10);
  return new TrustMonitorError('gone', `rounds of ${day} are not kept any more, so nor is ${id}`, {
    hint: `Rounds are kept for ${rawDays} days (TM_RETENTION_RAW_DAYS), and for ever where an incident rests on them.`,
  });
}

function showRound(round: StoredRound, traceUrlTemplate: string | null): RoundResource {
  return {
    id: round.id,
    monitor: round.monitor,
    revision: round.revision,
    traceId: traceIdOf(round.id),
    traceUrl: traceUrlOf(round.id, traceUrlTemplate),
    openedAt: formatTimestamp(round.openedAtMs),
    closedAt: formatTimestamp(round.closedAtMs),
    verdict: round.verdict,
    required: round.required,
    members: [...round.members],
    votes: round.votes.map(({ region, agent, vote, slow }) => ({ region, agent, vote, slow })),
  };
}
