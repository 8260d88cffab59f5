/** What coordinators tell each other through the database, beside what its triggers tell. */
import type { Queryable } from './database.ts';

/** `tm_monitor` and `tm_alert` are sent by triggers on the tables, whoever writes there. */
export const CHANNELS = {
  /** A monitor was written, changed or deleted; its id. */
  monitor: 'tm_monitor',
  /** The next round of a monitor should not wait for its time; its id. */
  hasten: 'tm_hasten',
  /** A coordinator came, left or gave a shard back. */
  lease: 'tm_lease',
  /** There is an alert to be routed, or it is routed by other rules now. */
  alert: 'tm_alert',
} as const;

export type Channel = keyof typeof CHANNELS;

export async function notify(db: Queryable, channel: Channel, payload: string): Promise<void> {
  await db.query('select pg_notify($1, $2)', [CHANNELS[channel], payload]);
}
