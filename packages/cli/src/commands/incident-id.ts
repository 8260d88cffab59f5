/** Which incident is meant. */
import { TrustMonitorError, Uuid7, parserOf } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';

const uuid = parserOf(Uuid7);
/** Not as a type guard: what is no UUID is text all the same. */
const isUuid = (text: string): boolean => uuid.check(text);

/** `latest` is the incident that opened last. Throws `not_found` for what cannot be one. */
export async function resolveIncident(api: ApiClient, id: string): Promise<string> {
  if (id !== 'latest') {
    if (isUuid(id)) return id;
    throw new TrustMonitorError('not_found', `there is no incident "${id}"`, {
      hint: '`trustmonitor incidents` lists their ids; "latest" is the newest',
    });
  }
  const [newest] = await api.incidents({}, { limit: 1 });
  if (newest !== undefined) return newest.id;
  throw new TrustMonitorError('not_found', 'there is no incident yet', {
    hint: 'break something first: `trustmonitor demo break`',
  });
}
