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
  formatTimestamp,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { SIGSTORE_MEDIA_TYPE } from '@trustmonitor/evidence';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { bundleOf, foreignEvidenceOf } from '../evidence.ts';
import {
  selectIncident,
  selectIncidentPage,
  selectRecords,
  type StoredIncident,
  type StoredRecord,
} from '../store/incidents.ts';
import type { ApiContext } from './context.ts';
import { UUID7_CURSOR, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['incidents'];
const Path = Strict({ id: Uuid7 });
const ListQuery = Strict({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'resolved'])),
  monitor: Type.Optional(Slug),
});

const EvidenceQuery = Strict({
  format: Type.Optional(Type.Enum(['bundle', 'sigstore', 'tlog-proof'])),
});

/** Its bytes are signed for, so it is sent as it was built; its schema is the verifier's. */
const BUNDLE_RESPONSE = {
  description: 'The bundle file',
  content: { [BUNDLE_MEDIA_TYPE]: { schema: Type.Unknown() } },
};

export function incidentRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, keyRings } = context;

  app.get(
    '/v1/incidents',
    {
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
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectIncidentPage(database, filter, limit + 1);
      return pageOf(rows, limit, ({ id }) => id, showIncident);
    },
  );

  app.get(
    '/v1/incidents/:id',
    {
      schema: {
        summary: 'An incident with its signed records',
        tags,
        params: Path,
        response: { 200: IncidentDetail },
      },
    },
    async ({ params }) => {
      const incident = await selectIncident(database, params.id);
      if (incident === null) throw noIncident(params.id);
      const records = await selectRecords(database, params.id);
      return { ...showIncident(incident), records: records.map(showRecord) };
    },
  );

  app.get(
    '/v1/incidents/:id/evidence',
    {
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

function showIncident(incident: StoredIncident): IncidentResource {
  const { summary, resolvedAtMs } = incident;
  return {
    id: incident.id,
    monitor: incident.monitor,
    monitorName: summary.monitorName,
    target: summary.target,
    state: resolvedAtMs === null ? 'open' : 'resolved',
    verdict: incident.verdict,
    kind: incident.kind,
    openedAt: formatTimestamp(incident.openedAtMs),
    resolvedAt: resolvedAtMs === null ? null : formatTimestamp(resolvedAtMs),
    regionsDown: [...summary.regionsDown],
    regions: [...summary.regions],
    reason: summary.reason,
  };
}

function showRecord({ digest, step, recordedAtMs, envelope }: StoredRecord) {
  return { digest, step, recordedAt: formatTimestamp(recordedAtMs), envelope };
}

function noIncident(id: string): TrustMonitorError {
  return new TrustMonitorError('not_found', `there is no incident ${id}`);
}
