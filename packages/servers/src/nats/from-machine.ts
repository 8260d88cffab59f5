import { TrustMonitorError } from '@trustmonitor/protocol';
import { onPath } from '../on-path.ts';
import { natsServerVersion, requireUsable, isNewEnough, OLDEST_NATS_SERVER } from './version.ts';
import type { NatsSource } from './source.ts';

/** `TM_NATS_SERVER`: the user's word, so a bad one is an error and not passed over. */
export const fromSetting: NatsSource = {
  name: 'TM_NATS_SERVER',
  async get({ env }) {
    const path = env['TM_NATS_SERVER'];
    if (path === undefined || path === '') return { found: false, reason: 'not set' };
    try {
      return { found: true, path, version: await requireUsable(path) };
    } catch (cause) {
      throw new TrustMonitorError('nats.not_found', (cause as Error).message, {
        where: 'TM_NATS_SERVER',
        hint: `set TM_NATS_SERVER to a nats-server ${OLDEST_NATS_SERVER} or newer, or unset it`,
        cause,
      });
    }
  },
};

/** `nats-server` on PATH. One that is too old is said so and passed over. */
export const fromPath: NatsSource = {
  name: 'nats-server on PATH',
  async get({ env, log }) {
    const path = await onPath('nats-server', env);
    if (path === undefined) return { found: false, reason: 'none there' };
    const version = await natsServerVersion(path);
    if (version === undefined) return { found: false, reason: `${path} does not run` };
    if (!isNewEnough(version)) {
      const reason = `${path} is ${version}, older than ${OLDEST_NATS_SERVER}`;
      log(`not using ${reason}`);
      return { found: false, reason };
    }
    return { found: true, path, version };
  },
};
