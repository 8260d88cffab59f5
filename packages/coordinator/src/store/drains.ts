/** Regions and agents that operators have taken out for planned work. */
import type { Queryable } from './database.ts';

export interface Drain {
  readonly sinceMs: number;
  /** The name of the token or of the person. */
  readonly by: string;
  /** Empty where none was given. */
  readonly reason: string;
}

export type DrainKind = 'region' | 'agent';

/** By name. */
export type Drains = Readonly<Record<DrainKind, ReadonlyMap<string, Drain>>>;

export async function selectDrains(db: Queryable): Promise<Drains> {
  const { rows } = await db.query<{
    kind: DrainKind;
    name: string;
    since: Date;
    by: string;
    reason: string;
  }>('select * from drain order by kind, name');
  const of = (kind: DrainKind): Map<string, Drain> =>
    new Map(
      rows
        .filter((row) => row.kind === kind)
        .map(({ name, since, by, reason }) => [name, { sinceMs: since.getTime(), by, reason }]),
    );
  return { region: of('region'), agent: of('agent') };
}

/** One that is drained already stays so since then and by whom it was; the newer reason holds. */
export async function upsertDrain(
  tx: Queryable,
  kind: DrainKind,
  name: string,
  { sinceMs, by, reason }: Drain,
): Promise<void> {
  await tx.query(
    `insert into drain (kind, name, since, by, reason) values ($1, $2, $3, $4, $5)
     on conflict (kind, name) do update set reason = excluded.reason`,
    [kind, name, new Date(sinceMs), by, reason],
  );
}

/** False if it was not drained. */
export async function deleteDrain(tx: Queryable, kind: DrainKind, name: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from drain where kind = $1 and name = $2', [
    kind,
    name,
  ]);
  return rowCount === 1;
}
