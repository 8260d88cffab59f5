/** The coordinators of the local stack, each asked for itself. */
import type { Settings } from '../settings.ts';
import { pathsOf } from '../stack/paths.ts';
import { readStackFile, type CoordinatorDescription } from '../stack/stack-file.ts';
import { ApiClient } from './client.ts';
import type { ApiOptions } from './locate.ts';

export interface Replica extends CoordinatorDescription {
  readonly ready: boolean;
  /** What it says of its share, or what is wrong with it. */
  readonly detail: string;
}

/** None where an API elsewhere is named. */
export async function askReplicas(options: ApiOptions, settings: Settings): Promise<Replica[]> {
  if (options.url !== undefined || settings.apiUrl !== null) return [];
  const stack = await readStackFile(pathsOf(options.data ?? settings.dataDirectory));
  return Promise.all((stack?.coordinators ?? []).map((one) => ask(one)));
}

async function ask({ url, pid }: CoordinatorDescription): Promise<Replica> {
  const api = new ApiClient({ url: new URL(url), token: null });
  const health = await api.readiness().catch(() => null);
  if (health === null) return { url, pid, ready: false, detail: 'does not answer' };
  const ready = health.status === 'ok';
  const told = health.checks.filter(({ name, ok }) => (ready ? name === 'lease' : !ok));
  return { url, pid, ready, detail: told.map(({ detail }) => detail).join('; ') };
}
