/** The forms that answers usually have, as they were learnt. */
import type { Facets } from '@trustmonitor/alerting';
import type { Queryable } from './database.ts';

export interface StoredForms {
  readonly monitor: string;
  readonly checkDigest: string;
  readonly facets: Facets;
}

/** By monitor. */
export async function selectForms(
  db: Queryable,
  monitors: readonly string[],
): Promise<Map<string, StoredForms>> {
  const { rows } = await db.query<{ monitor: string; check_digest: string; facets: Facets }>(
    'select monitor, check_digest, facets from monitor_form where monitor = any($1::text[])',
    [monitors],
  );
  return new Map(
    rows.map(({ monitor, check_digest: checkDigest, facets }) => [
      monitor,
      { monitor, checkDigest, facets },
    ]),
  );
}

export async function upsertForms(tx: Queryable, forms: readonly StoredForms[]): Promise<void> {
  if (forms.length === 0) return;
  await tx.query(
    `insert into monitor_form (monitor, check_digest, facets)
     select * from unnest($1::text[], $2::text[], $3::jsonb[])
     on conflict (monitor) do update
       set check_digest = excluded.check_digest, facets = excluded.facets, updated_at = now()`,
    [
      forms.map(({ monitor }) => monitor),
      forms.map(({ checkDigest }) => checkDigest),
      forms.map(({ facets }) => JSON.stringify(facets)),
    ],
  );
}
