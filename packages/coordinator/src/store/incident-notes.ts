/** What people say about an incident: at most one acknowledgement, and any number of notes. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface IncidentNote {
  readonly id: Uuid7;
  readonly incident: Uuid7;
  readonly kind: 'ack' | 'note';
  readonly actor: string;
  readonly at: Date;
  /** An acknowledgement may come without words. */
  readonly note: string | null;
  /** Whether public status pages show it. An acknowledgement is never public. */
  readonly isPublic: boolean;
}

export interface NewIncidentNote {
  readonly incident: Uuid7;
  readonly kind: 'ack' | 'note';
  readonly actor: string;
  readonly note: string | null;
  readonly isPublic: boolean;
}

/** Null for a second acknowledgement: the first one stands. */
export async function insertIncidentNote(
  tx: Queryable,
  { incident, kind, actor, note, isPublic }: NewIncidentNote,
): Promise<IncidentNote | null> {
  const { rows } = await tx.query<{ id: Uuid7; at: Date }>(
    `insert into incident_note (incident, kind, actor, note, is_public) values ($1, $2, $3, $4, $5)
     on conflict (incident) where kind = 'ack' do nothing returning id, at`,
    [incident, kind, actor, note, isPublic],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, incident, kind, actor, note, isPublic };
}

/** All of these incidents, oldest first. */
export async function selectIncidentNotes(
  db: Queryable,
  incidents: readonly Uuid7[],
): Promise<IncidentNote[]> {
  const { rows } = await db.query<IncidentNote>(
    `select id, incident, kind, actor, at, note, is_public as "isPublic" from incident_note
      where incident = any($1::uuid[]) order by id`,
    [incidents],
  );
  return rows;
}

/** Acknowledgements of these incidents, by incident. */
export async function selectAcks(
  db: Queryable,
  incidents: readonly Uuid7[],
): Promise<Map<Uuid7, IncidentNote>> {
  const { rows } = await db.query<IncidentNote>(
    `select id, incident, kind, actor, at, note, is_public as "isPublic" from incident_note
      where incident = any($1::uuid[]) and kind = 'ack'`,
    [incidents],
  );
  return new Map(rows.map((row) => [row.incident, row]));
}
