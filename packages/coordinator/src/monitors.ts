/** What somebody wrote -> a new revision of a monitor, checked as far as it can be before it runs. */
import { checkDigest } from '@trustmonitor/evidence';
import {
  TrustMonitorError,
  completeMonitorWithSecrets,
  matchRegions,
  requiredVotes,
  type Member,
  type Monitor,
  type MonitorDefaults,
  type MonitorInput,
  type Secrets,
} from '@trustmonitor/protocol';
import { validateCheck } from '@trustmonitor/probes';
import { isDeepStrictEqual } from 'node:util';
import type { SecretBox } from './secret-box.ts';
import { insertAudit } from './store/audit.ts';
import type { Queryable } from './store/database.ts';
import {
  insertRevision,
  lockMonitor,
  selectMonitor,
  type StoredMonitor,
} from './store/monitors.ts';

export interface PreparedMonitor {
  readonly definition: Monitor;
  /** New values; secrets that the definition keeps from before are not among them. */
  readonly secrets: Secrets;
}

export type Change = 'create' | 'update' | 'unchanged';

/**
 * Completes a monitor and checks it against the network as it is: kinds, regions, quorum.
 *
 * Errors carry the pointer of the field, relative to the monitor.
 */
export function prepareMonitor(
  input: MonitorInput,
  defaults: MonitorDefaults,
  enrolled: readonly Member[],
): PreparedMonitor {
  const { monitor, secrets } = completeMonitorWithSecrets(input, defaults);
  validateCheck(monitor.check);
  requireReachableQuorum(monitor, enrolled);
  return { definition: monitor, secrets };
}

function requireReachableQuorum(monitor: Monitor, enrolled: readonly Member[]): void {
  const members = matchRegions(monitor.regions, enrolled);
  if (members.length === 0) {
    throw new TrustMonitorError(
      'monitor.unknown_region',
      `no enrolled region matches ${monitor.regions.join(', ')}`,
      {
        where: '/regions',
        hint: `Enrolled are: ${enrolled.map(({ region }) => region).join(', ') || 'none'}.`,
      },
    );
  }
  requiredVotes(monitor.policy.quorum, new Set(members.map(({ group }) => group)).size);
}

/** What writing the monitor would do. */
export function changeOf(prepared: PreparedMonitor, stored: StoredMonitor | null): Change {
  if (stored === null) return 'create';
  const isSame =
    isDeepStrictEqual(prepared.definition, stored.definition) &&
    Object.keys(prepared.secrets).length === 0;
  return isSame ? 'unchanged' : 'update';
}

export interface WriteOptions {
  readonly actor: string;
  /** The revision that the caller saw; anything newer is a conflict. Null: whatever is there. */
  readonly expectedRevision: number | null;
}

/**
 * Writes a new revision, unless nothing changed. The lock makes two writers wait for each other.
 *
 * Throws `conflict` when the monitor is not at the revision that the caller expects.
 */
export async function writeMonitor(
  tx: Queryable,
  prepared: PreparedMonitor,
  box: SecretBox,
  { actor, expectedRevision }: WriteOptions,
): Promise<Change> {
  const { definition } = prepared;
  const locked = await lockMonitor(tx, definition.id);
  const stored = locked?.deleted === false ? await selectMonitor(tx, definition.id) : null;
  if (expectedRevision !== null && expectedRevision !== (stored?.revision ?? 0)) {
    throw new TrustMonitorError('conflict', `${definition.id} was changed by somebody else`, {
      hint: `It is at revision ${stored?.revision ?? 0}: read it again, then write.`,
    });
  }
  const change = changeOf(prepared, stored);
  if (change === 'unchanged') return change;
  const revision = (locked?.revision ?? 0) + 1;
  const sealed = sealSecrets(prepared, stored, box);
  await insertRevision(tx, definition, revision, checkDigest(definition.check), sealed);
  const action = change === 'create' ? 'monitor.created' : 'monitor.updated';
  await insertAudit(tx, { actor, action, subject: definition.id, detail: { revision } });
  return change;
}

/** New values sealed, and those that the definition still refers to carried over. */
function sealSecrets(
  { definition, secrets }: PreparedMonitor,
  stored: StoredMonitor | null,
  box: SecretBox,
): Record<string, string> {
  const sealed = box.sealAll(definition.id, secrets);
  for (const name of secretRefs(definition.check)) {
    if (name in sealed) continue;
    const kept = stored?.sealedSecrets[name];
    if (kept === undefined) {
      throw new TrustMonitorError('input.invalid', `there is no stored secret ${name}`, {
        where: `/${name.replaceAll('.', '/')}`,
        hint: 'Write its value as { secret: VALUE }.',
      });
    }
    sealed[name] = kept;
  }
  return sealed;
}

function secretRefs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('secretRef' in value && typeof value.secretRef === 'string') return [value.secretRef];
  return Object.values(value).flatMap(secretRefs);
}
