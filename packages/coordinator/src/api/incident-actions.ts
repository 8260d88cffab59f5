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
import { hasAckLapsed, insertAlertEvents } from '../store/alerts.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
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
  const acknowledge = (incident: Uuid7, note: string | null, actor: Actor) =>
    database.transaction(async (tx) => {
      const stored = await lockStored(tx, incident);
      const addition = { incident, kind: 'ack', note, isPublic: false, actor } as const;
      const added = await add(tx, addition);
      const isAgain = added === null && (await hasAckLapsed(tx, incident));
      if (isAgain) await audit(tx, addition);
      if (stored.resolvedAtMs === null && (added !== null || isAgain)) {
        const told = added ?? { actor: actor.name, at: new Date(), note };
        await tellOfAck(tx, stored, told, settings.publicUrl);
      }
      if (added !== null) await showListeners(tx, stored, added);
      return added ?? firstAck(await selectAcks(tx, [incident]), incident);
    });

  app.post(
    '/v1/incidents/:id/ack',
    {
      config,
      schema: {
        summary:
          'Acknowledge an incident; who was first stays. Once it is worse than it was then, it can be ' +
          'acknowledged again',
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
        summary: 'Add a note to an incident, for those who are signed in or for the public',
        tags,
        params: Path,
        body: IncidentNoteInput,
        response: { 201: IncidentNoteResource },
      },
    },
    async ({ params: { id: incident }, body, actor }, reply) => {
      const { note, public: isPublic = false } = body;
      const added = await database.transaction(async (tx) => {
        const stored = await lockStored(tx, incident);
        const written = await add(tx, { incident, kind: 'note', note, isPublic, actor });
        if (written === null) throw new TrustMonitorError('internal', 'a note was not written');
        await showListeners(tx, stored, written);
        return written;
      });
      return reply.status(201).send(showNote(added));
    },
  );
}

interface Addition {
  readonly incident: Uuid7;
  readonly kind: IncidentNote['kind'];
  readonly note: string | null;
  readonly isPublic: boolean;
  readonly actor: Actor;
}

async function lockStored(tx: Queryable, incident: Uuid7): Promise<StoredIncident> {
  const stored = await lockIncident(tx, incident);
  if (stored !== null) return stored;
  throw new TrustMonitorError('not_found', `there is no incident ${incident}`);
}

/** Null for a second acknowledgement. */
async function add(tx: Queryable, addition: Addition): Promise<IncidentNote | null> {
  const { actor, ...written } = addition;
  const added = await insertIncidentNote(tx, { ...written, actor: actor.name });
  if (added !== null) await audit(tx, addition);
  return added;
}

async function showListeners(
  tx: Queryable,
  { id: incident, monitor, verdict }: StoredIncident,
  added: IncidentNote,
): Promise<void> {
  const at = added.at.toISOString();
  await insertEvents(tx, [{ type: 'incident.updated', at, incident, monitor, verdict }]);
}

async function audit(
  tx: Queryable,
  { incident, kind, note, isPublic, actor }: Addition,
): Promise<void> {
  await insertAudit(tx, {
    actor,
    action: kind === 'ack' ? 'incident.acknowledged' : 'incident.noted',
    subject: incident,
    after: digestOfState({ kind, note, ...(isPublic ? { public: true } : {}) }),
  });
}

/** It ends reminders and escalation, and whoever was told hears of it. */
async function tellOfAck(
  tx: Queryable,
  incident: StoredIncident,
  ack: Pick<IncidentNote, 'actor' | 'at' | 'note'>,
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

function showNote({ id, kind, actor, at, note, isPublic }: IncidentNote): IncidentNoteResource {
  return { id, kind, actor, at: at.toISOString(), note, public: isPublic };
}
