/** What people do about an incident: take it in hand, say what they found, close it by hand. */
import {
  IncidentAckInput,
  IncidentResolveInput,
  IncidentNoteInput,
  IncidentNoteResource,
  IncidentResource,
  Strict,
  TrustMonitorError,
  Uuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { storedFacts } from '../alerts/facts.ts';
import { acknowledgedMessageOf } from '../announce.ts';
import { resolveByHand } from '../resolve-by-hand.ts';
import { digestOfState } from '../state-digest.ts';
import { insertAlertEvents } from '../store/alerts.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { insertIncidentNote, selectAcks, type IncidentNote } from '../store/incident-notes.ts';
import { lockIncident, selectIncident, type StoredIncident } from '../store/incidents.ts';
import { selectMonitor } from '../store/monitors.ts';
import type { ApiContext } from './context.ts';
import { showIncident } from './show-incident.ts';

const tags = ['incidents'];
const config = { scope: 'incidents:write' as const };
const Path = Strict({ id: Uuid7 });

export function incidentActionRoutes(instance: FastifyInstance, context: ApiContext): void {
  noteRoutes(instance, context);
  resolveRoute(instance, context);
}

function resolveRoute(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, transparency, settings } = context;
  const parts = { ...context, isLogged: transparency !== null, apiUrl: settings.publicUrl };

  app.post(
    '/v1/incidents/:id/resolve',
    {
      config,
      schema: {
        summary:
          'Resolve an incident by hand; the reason becomes part of the signed record. A monitor ' +
          'that still fails opens another',
        tags,
        params: Path,
        body: IncidentResolveInput,
        response: { 200: IncidentResource },
      },
    },
    async ({ params: { id }, body: { reason }, actor }) => {
      await resolveByHand({ incident: id, reason, actor }, parts);
      const closed = await selectIncident(database, id);
      if (closed === null) throw new TrustMonitorError('internal', 'a closed incident is gone');
      return showIncident(closed, (await selectAcks(database, [id])).get(id));
    },
  );
}

function noteRoutes(instance: FastifyInstance, { database, settings }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const acknowledge = async (incident: Uuid7, note: string | null, actor: Actor) =>
    add(database, { incident, kind: 'ack', note, actor }, async (tx, stored, ack) => {
      if (stored.resolvedAtMs !== null) return;
      await tellOfAck(tx, stored, ack, settings.publicUrl);
    });

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
      showNote(await acknowledge(params.id, body.note ?? null, actor)),
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
    async ({ params: { id: incident }, body: { note }, actor }, reply) =>
      reply
        .status(201)
        .send(showNote(await add(database, { incident, kind: 'note', note, actor }))),
  );
}

interface Addition {
  readonly incident: Uuid7;
  readonly kind: IncidentNote['kind'];
  readonly note: string | null;
  readonly actor: Actor;
}

/** `also`: what is written with a new one. */
async function add(
  database: Database,
  { incident, kind, note, actor }: Addition,
  also?: (tx: Queryable, stored: StoredIncident, added: IncidentNote) => Promise<void>,
): Promise<IncidentNote> {
  return database.transaction(async (tx) => {
    const stored = await lockIncident(tx, incident);
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
    await also?.(tx, stored, added);
    const { monitor, verdict } = stored;
    const at = added.at.toISOString();
    await insertEvents(tx, [{ type: 'incident.updated', at, incident, monitor, verdict }]);
    return added;
  });
}

/** It ends reminders and escalation, and whoever was told hears of it. */
async function tellOfAck(
  tx: Queryable,
  incident: StoredIncident,
  ack: IncidentNote,
  apiUrl: string,
): Promise<void> {
  const definition = (await selectMonitor(tx, incident.monitor))?.definition ?? null;
  const runbook = definition?.runbook ?? null;
  const message = acknowledgedMessageOf(incident, ack, { apiUrl, runbook });
  const facts = storedFacts(incident, definition);
  await insertAlertEvents(tx, [{ step: 'acknowledged', facts, message }]);
}

function firstAck(acks: ReadonlyMap<Uuid7, IncidentNote>, incident: Uuid7): IncidentNote {
  const ack = acks.get(incident);
  if (ack === undefined) throw new TrustMonitorError('internal', 'an acknowledgement is gone');
  return ack;
}

function showNote({ id, kind, actor, at, note }: IncidentNote): IncidentNoteResource {
  return { id, kind, actor, at: at.toISOString(), note };
}
