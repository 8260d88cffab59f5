/** What people add to an incident: that they have it in hand, and what they found. */
import {
  IncidentAckInput,
  IncidentNoteInput,
  IncidentNoteResource,
  Strict,
  TrustMonitorError,
  Uuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { digestOfState } from '../state-digest.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { insertIncidentNote, selectAcks, type IncidentNote } from '../store/incident-notes.ts';
import { selectIncident } from '../store/incidents.ts';
import type { ApiContext } from './context.ts';

const tags = ['incidents'];
const config = { scope: 'incidents:write' as const };
const Path = Strict({ id: Uuid7 });

export function incidentNoteRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/v1/incidents/:id/ack',
    {
      config,
      schema: {
        summary: 'Acknowledge an incident; who was first stays',
        tags,
        params: Path,
        body: IncidentAckInput,
        response: { 200: IncidentNoteResource },
      },
    },
    async ({ params, body, actor }) =>
      showNote(await add(database, params.id, 'ack', body.note ?? null, actor)),
  );

  app.post(
    '/v1/incidents/:id/notes',
    {
      config,
      schema: {
        summary: 'Add a note to an incident',
        tags,
        params: Path,
        body: IncidentNoteInput,
        response: { 201: IncidentNoteResource },
      },
    },
    async ({ params, body, actor }, reply) =>
      reply.status(201).send(showNote(await add(database, params.id, 'note', body.note, actor))),
  );
}

async function add(
  database: Database,
  incident: Uuid7,
  kind: IncidentNote['kind'],
  note: string | null,
  actor: Actor,
): Promise<IncidentNote> {
  return database.transaction(async (tx) => {
    const stored = await selectIncident(tx, incident);
    if (stored === null) {
      throw new TrustMonitorError('not_found', `there is no incident ${incident}`);
    }
    const added = await insertIncidentNote(tx, { incident, kind, actor: actor.name, note });
    if (added === null) return firstAck(await selectAcks(tx, [incident]), incident);
    await insertAudit(tx, {
      actor,
      action: kind === 'ack' ? 'incident.acknowledged' : 'incident.noted',
      subject: incident,
      after: digestOfState({ kind, note }),
    });
    const { monitor, verdict } = stored;
    const at = added.at.toISOString();
    await insertEvents(tx, [{ type: 'incident.updated', at, incident, monitor, verdict }]);
    return added;
  });
}

function firstAck(acks: ReadonlyMap<Uuid7, IncidentNote>, incident: Uuid7): IncidentNote {
  const ack = acks.get(incident);
  if (ack === undefined) throw new TrustMonitorError('internal', 'an acknowledgement is gone');
  return ack;
}

function showNote({ id, kind, actor, at, note }: IncidentNote): IncidentNoteResource {
  return { id, kind, actor, at: at.toISOString(), note };
}
