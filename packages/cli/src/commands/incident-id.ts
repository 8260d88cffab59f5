/** Which incident is meant. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';

/** `latest` is the incident that opened last. Throws `not_found` when there is none. */
export async function resolveIncident(api: ApiClient, id: string): Promise<string> {
  if (id !== 'latest') return id;
  const [newest] = await api.incidents({}, { limit: 1 });
  if (newest !== undefined) return newest.id;
  throw new TrustMonitorError('not_found', 'there is no incident yet', {
    hint: 'break something first: `trustmonitor demo break`',
  });
}
