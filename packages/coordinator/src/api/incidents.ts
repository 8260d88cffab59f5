/** Incidents, their signed records, and the evidence file. */
import {
  BUNDLE_MEDIA_TYPE,
  IncidentDetail,
  IncidentResource,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
  Uuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { SIGSTORE_MEDIA_TYPE } from '@trustmonitor/evidence';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { bundleOf, foreignEvidenceOf } from '../evidence.ts';
import { selectAlert } from '../store/alerts.ts';
import { selectDeliveriesOf } from '../store/deliveries.ts';
import { selectAcks, selectIncidentNotes } from '../store/incident-notes.ts';
import { selectIncident, selectIncidentPage, selectRecords } from '../store/incidents.ts';
import { selectCosignedPlaces } from '../store/log.ts';
import type { ApiContext } from './context.ts';
import { Instant, UUID7_CURSOR, instantOf, limitOf, pageOf, readCursor } from './page.ts';
import { showIncident, showIncidentDetail } from './show-incident.ts';

const tags = ['incidents'];
const READ = { scope: 'incidents:read' as const };
/** More than any incident has, unless a channel goes wrong for days. */
const MAX_DELIVERIES_SHOWN = 500;
const Path = Strict({ id: Uuid7 });
const ListQuery = Strict({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'resolved'])),
  monitor: Type.Optional(Slug),
  from: Type.Optional(Instant('Opened at this time or later.')),
  to: Type.Optional(Instant('Opened before this time.')),
});

const EvidenceQuery = Strict({
  format: Type.Optional(Type.Enum(['bundle', 'sigstore', 'tlog-proof'])),
});

/** Its bytes are signed for, so it is sent as it was built; its schema is the verifier's. */
const BUNDLE_RESPONSE = {
  description: 'The bundle file',
  content: { [BUNDLE_MEDIA_TYPE]: { schema: Type.Unknown() } },
};

export function incidentRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  evidenceRoute(app, context);
}

function readRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/incidents',
    {
      config: READ,
      schema: {
        summary: 'Incidents, newest first',
        tags,
        querystring: ListQuery,
        response: { 200: PageOf(IncidentResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const filter = {
        state: query.state ?? null,
        monitor: query.monitor ?? null,
        from: instantOf(query.from, '/from'),
        to: instantOf(query.to, '/to'),
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectIncidentPage(database, filter, limit + 1);
      const ids = rows.map(({ id }) => id);
      const acks = await selectAcks(database, ids);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (row) => showIncident(row, acks.get(row.id)),
      );
    },
  );

  app.get(
    '/v1/incidents/:id',
    {
      config: READ,
      schema: {
        summary: 'An incident with its signed records and its timeline',
        tags,
        params: Path,
        response: { 200: IncidentDetail },
      },
    },
    async ({ params }) => {
      const incident = await selectIncident(database, params.id);
      if (incident === null) throw noIncident(params.id);
      const records = await selectRecords(database, params.id);
      const digests = records.map(({ digest }) => digest);
      return showIncidentDetail(incident, {
        records,
        places: await selectCosignedPlaces(database, digests),
        notes: await selectIncidentNotes(database, [params.id]),
        deliveries: await selectDeliveriesOf(database, params.id, MAX_DELIVERIES_SHOWN),
        alert: await selectAlert(database, params.id),
      });
    },
  );
}

function evidenceRoute(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, keyRings } = context;

  app.get(
    '/v1/incidents/:id/evidence',
    {
      config: READ,
      schema: {
        summary: 'The evidence bundle: checked offline by `trustmonitor verify`',
        tags,
        params: Path,
        querystring: EvidenceQuery,
        response: { 200: BUNDLE_RESPONSE },
      },
    },
    async ({ params, query }, reply) => {
      const { format = 'bundle' } = query;
      if (format !== 'bundle') return sendForeign(reply, params.id, format, context);
      const bundle = await bundleOf(database, params.id, keyRings);
      if (bundle === null) throw noIncident(params.id);
      return reply
        .type(BUNDLE_MEDIA_TYPE)
        .header('content-disposition', `attachment; filename="incident-${params.id}.json"`)
        .send(Buffer.from(bundle));
    },
  );
}

/** The newest record in a form that the tools of others read. */
async function sendForeign(
  reply: FastifyReply,
  incident: Uuid7,
  format: 'sigstore' | 'tlog-proof',
  context: ApiContext,
): Promise<FastifyReply> {
  const evidence = await foreignEvidenceOf(context.database, incident, context);
  if (evidence === null) throw noIncident(incident);
  if (format === 'tlog-proof') {
    return reply.type('text/plain; charset=utf-8').send(Buffer.from(evidence.tlogProof));
  }
  return reply.type(SIGSTORE_MEDIA_TYPE).send(Buffer.from(JSON.stringify(evidence.sigstore)));
}

function noIncident(id: string): TrustMonitorError {
  return new TrustMonitorError('not_found', `there is no incident ${id}`);
}
