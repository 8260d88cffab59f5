/** Revocation is by place in the log, which nobody can backdate, not by wall clock. */
import { parseCheckpoint, parseNote } from '@trustmonitor/evidence';
import { TrustMonitorError, type RingKey } from '@trustmonitor/protocol';
import { locatePublicApi } from '../api/locate.ts';
import { transportTo } from '../api/transport.ts';
import type { Context } from '../context.ts';
import { LogClient } from '../log/log-client.ts';
import { changeRing } from './change.ts';
import type { ChangeOptions } from './options.ts';

/** Throws `not_found`, or `config.invalid` where several keys fit or the log cannot be asked. */
export async function revokeKey(
  prefix: string,
  options: ChangeOptions & { readonly atLogSize?: number },
  context: Context,
): Promise<RingKey> {
  const size = options.atLogSize ?? (await newestSize(options, context));
  const next = await changeRing(options, context, ({ ring: { ring } }) => {
    const { kid } = find(ring.keys, prefix);
    const keys = ring.keys.map((key) =>
      key.kid === kid ? { ...key, revokedAtLogSize: size } : key,
    );
    return Promise.resolve({ ring: { ...ring, keys } });
  });
  return find(next.keys, prefix, true);
}

function find(keys: readonly RingKey[], prefix: string, revoked = false): RingKey {
  const found = keys.filter(
    ({ kid, revokedAtLogSize }) =>
      kid.startsWith(prefix) && (revokedAtLogSize !== null) === revoked,
  );
  const [key] = found;
  if (key !== undefined && found.length === 1) return key;
  throw new TrustMonitorError(
    found.length === 0 ? 'not_found' : 'config.invalid',
    found.length === 0
      ? `no key that stands begins with ${prefix}`
      : `${found.length} keys begin with ${prefix}`,
    { hint: 'see `keys list`' },
  );
}

async function newestSize(options: ChangeOptions, { settings }: Context): Promise<number> {
  const location = await locatePublicApi(options, settings);
  if (location === null) {
    throw new TrustMonitorError('config.invalid', 'the size of the log is not known here', {
      where: '--at-log-size',
      hint: 'start the coordinator, name its API with --url, or give the size',
    });
  }
  const note = await new LogClient(transportTo(location)).checkpoint();
  return parseCheckpoint(parseNote(note).text).size;
}
