/** What coordinators tell each other through the database, beside what its triggers tell. */
import type { Queryable } from './database.ts';

/** `tm_monitor` is sent by the trigger on the table, for whoever writes a monitor. */
export const CHANNELS = {
  /** A monitor was written, changed or deleted; its id. */
  monitor: 'tm_monitor',
  /** The next round of a monitor should not wait for its time; its id. */
  hasten: 'tm_hasten',
  /** A coordinator came, left or gave a shard back. */
  lease: 'tm_lease',
} as const;

export type Channel = keyof typeof CHANNELS;

export async function notify(db: Queryable, channel: Channel, payload: string): Promise<void> {
  await db.query('select pg_notify($1, $2)', [CHANNELS[channel], payload]);
}
