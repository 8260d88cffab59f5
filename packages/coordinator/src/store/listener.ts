/** Hears what is told by `notify`, on a connection of its own. */
import pg from 'pg';
import { asFault } from './faults.ts';
import { CHANNELS, type Channel } from './notifications.ts';

export interface Listener {
  close(): Promise<void>;
}

export interface ListenerHandlers {
  readonly onNotice: (channel: Channel, payload: string) => void;
  /** Called once when the connection is lost: nothing is heard any more. */
  readonly onLost: () => void;
}

/** Throws `postgres.unavailable`. */
export async function openListener(url: string, handlers: ListenerHandlers): Promise<Listener> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    // A connection on which nothing is sent would else never find out that it is dead.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    application_name: 'trustmonitor-coordinator',
  });
  let isClosed = false;
  const lose = (): void => {
    if (isClosed) return;
    isClosed = true;
    client.end().catch(() => undefined);
    handlers.onLost();
  };
  client.on('error', lose);
  client.on('end', lose);
  client.on('notification', ({ channel, payload }) => {
    const found = NAMES.find((name) => CHANNELS[name] === channel);
    if (found !== undefined) handlers.onNotice(found, payload ?? '');
  });
  try {
    await client.connect();
    for (const name of NAMES) await client.query(`listen ${CHANNELS[name]}`);
  } catch (error) {
    isClosed = true;
    client.end().catch(() => undefined);
    throw asFault(error);
  }
  return {
    async close() {
      isClosed = true;
      await client.end();
    },
  };
}

const NAMES = Object.keys(CHANNELS) as Channel[];
