/** What people were told of error budgets that burn. */
import type { BurnAlertState, BurnPairName } from '@trustmonitor/alerting';
import type { SliStatus } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredBurn {
  readonly slo: string;
  readonly sli: SliStatus['sli'];
  readonly state: BurnAlertState;
  /** Since when people know; null while they were not told. */
  readonly sinceMs: number | null;
}

interface Row {
  slo: string;
  sli: SliStatus['sli'];
  firing: BurnPairName[];
  told: BurnPairName | null;
  known: BurnPairName | null;
  since: Date | null;
}

export async function selectBurns(db: Queryable): Promise<StoredBurn[]> {
  const { rows } = await db.query<Row>('select * from slo_alert order by slo, sli');
  return rows.map(({ slo, sli, since, ...state }) => ({
    slo,
    sli,
    state,
    sinceMs: since?.getTime() ?? null,
  }));
}

/** The same, and nobody else writes any until the transaction ends. */
export async function lockBurns(tx: Queryable): Promise<StoredBurn[]> {
  await tx.query('lock table slo_alert in share row exclusive mode');
  return selectBurns(tx);
}

/** Replaces the rows of these; those with nothing to remember are gone. */
export async function replaceBurns(tx: Queryable, burns: readonly StoredBurn[]): Promise<void> {
  await tx.query(
    `delete from slo_alert a using unnest($1::text[], $2::text[]) as b (slo, sli)
      where a.slo = b.slo and a.sli = b.sli`,
    [burns.map(({ slo }) => slo), burns.map(({ sli }) => sli)],
  );
  const kept = burns.filter(({ state }) => state.firing.length > 0 || state.told !== null);
  await tx.query(
    `insert into slo_alert (slo, sli, firing, told, known, since)
     select b.slo, b.sli, string_to_array(b.firing, ','), b.told, b.known, b.since
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
         as b (slo, sli, firing, told, known, since)`,
    [
      kept.map(({ slo }) => slo),
      kept.map(({ sli }) => sli),
      kept.map(({ state }) => state.firing.join(',')),
      kept.map(({ state }) => state.told),
      kept.map(({ state }) => state.known),
      kept.map(({ sinceMs }) => (sinceMs === null ? null : new Date(sinceMs))),
    ],
  );
}
