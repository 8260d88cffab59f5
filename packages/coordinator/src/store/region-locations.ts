/** Where regions are, as operators have said. */
import type { Queryable } from './database.ts';

/** In degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** By region. */
export async function selectRegionLocations(db: Queryable): Promise<Map<string, Coordinates>> {
  const { rows } = await db.query<Coordinates & { region: string }>(
    'select region, latitude, longitude from region_location',
  );
  return new Map(rows.map(({ region, ...coordinates }) => [region, coordinates]));
}

export async function upsertRegionLocation(
  tx: Queryable,
  region: string,
  { latitude, longitude }: Coordinates,
): Promise<void> {
  await tx.query(
    `insert into region_location (region, latitude, longitude) values ($1, $2, $3)
     on conflict (region) do update
       set latitude = excluded.latitude, longitude = excluded.longitude`,
    [region, latitude, longitude],
  );
}

/** False if nobody had said where it is. */
export async function deleteRegionLocation(tx: Queryable, region: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from region_location where region = $1', [region]);
  return rowCount === 1;
}
