/** The connection to the broker, and who is told when it comes back. */
import { connectBus, type Bus, type BusStatus } from '@trustmonitor/bus';
import type { Logger } from 'pino';

export interface Link {
  readonly bus: Bus;
  /** Calls `listener` each time the broker is back after it was away. */
  onBack(listener: () => void): void;
  /** Goes over to the newest credential. */
  renew(): Promise<void>;
}

export interface LinkOptions {
  readonly url: string;
  readonly client: string;
  readonly seed: string;
  /** What goes with the seed; null where the broker has a list of its own. */
  readonly credential: () => string | null;
  readonly log: Logger;
}

/** A broker that is away at the start is worth a line only when it stays away. */
const PATIENCE_MS = 3_000;

/** Connects, however long it takes. Throws `nats.unavailable` when the broker refuses the key. */
export async function connectLink(options: LinkOptions): Promise<Link> {
  const { url, client, seed, credential, log } = options;
  const listeners: (() => void)[] = [];
  let wasAway = false;
  /** We have hung up ourselves, and are back at once. */
  let isRenewing = false;

  function onStatus(status: BusStatus): void {
    switch (status.type) {
      case 'connected':
        if (!isRenewing) log.info({ broker: status.server }, 'connected to the broker');
        isRenewing = false;
        if (wasAway) for (const tell of listeners) tell();
        wasAway = false;
        return;
      case 'disconnected':
        if (!wasAway && !isRenewing) log.warn('the broker is away; results stay in the spool');
        wasAway = true;
        return;
      case 'error':
        log.warn({ err: status.error }, 'the broker reports an error');
        return;
      case 'closed':
        return;
    }
  }

  const notice = setTimeout(() => log.warn({ broker: url }, 'waiting for the broker'), PATIENCE_MS);
  try {
    const bus = await connectBus({ url, client, seed, credential, onStatus }, Infinity);
    return {
      bus,
      onBack: (listener) => void listeners.push(listener),
      async renew() {
        isRenewing = bus.connected;
        await bus.reconnect();
      },
    };
  } finally {
    clearTimeout(notice);
  }
}
