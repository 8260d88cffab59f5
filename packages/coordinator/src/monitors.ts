/** What somebody wrote -> a new revision of a monitor, checked as far as it can be before it runs. */
import { checkDigest } from '@trustmonitor/evidence';
import {
  ONE_OFF,
  TrustMonitorError,
  completeMonitorWithSecrets,
  isOneOff,
  isPush,
  isTrustMonitorError,
  monitorParser,
  requiredVotes,
  type Member,
  type Monitor,
  type MonitorDefaults,
  type MonitorInput,
  type Secrets,
} from '@trustmonitor/protocol';
import { validateCheck } from '@trustmonitor/probes';
import { isDeepStrictEqual } from 'node:util';
import { isStored, sealSecrets, type PreparedMonitor } from './monitor-secrets.ts';
import { expectReports } from './push/expect.ts';
import type { SecretBox } from './secret-box.ts';
import { insertAudit, type Actor } from './store/audit.ts';
import type { Queryable } from './store/database.ts';
import {
  lockMonitor,
  markMonitorDeleted,
  selectMonitor,
  type StoredMonitor,
} from './store/monitors.ts';
import { insertRevision } from './store/revisions.ts';
import { digestOfState } from './state-digest.ts';
import { membersOf } from './watch-list.ts';
import { writtenAt } from './written-at.ts';

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
  const prepared = prepareCheck(input, defaults, enrolled);
  if (isOneOff({ monitor: prepared.definition.id })) {
    throw new TrustMonitorError('input.invalid', `/id ${ONE_OFF} is reserved`, {
      where: '/id',
      hint: 'Checks that are run once have it. Choose another.',
    });
  }
  return prepared;
}

/** The same for a check that is run once, under the id that no monitor may have. */
export function prepareCheck(
  input: MonitorInput,
  defaults: MonitorDefaults,
  enrolled: readonly Member[],
): PreparedMonitor {
  const { monitor, secrets } = completeMonitorWithSecrets(input, defaults);
  requireWithinBounds(monitor, secrets);
  requirePushKey(monitor, enrolled);
  validateCheck(monitor.check);
  requireReachableQuorum(monitor, enrolled);
  return { definition: monitor, secrets };
}

/** Channels that the monitor names must be there: an alert to nobody is worse than none. */
export function requireChannels(
  { definition }: PreparedMonitor,
  channels: readonly { readonly id: string }[],
): void {
  for (const [i, { notify }] of (definition.alerts ?? []).entries()) {
    if (channels.some(({ id }) => id === notify)) continue;
    throw new TrustMonitorError('input.invalid', `there is no channel ${notify}`, {
      where: `/alerts/${i}/notify`,
      hint: `Create it first: PUT /v1/channels/${notify}.`,
    });
  }
}

/**
 * A job is one message, and the broker's usual limit is 1 MiB. Half of it, because JSON in a
 * message is escaped and the rest of the job comes with it.
 */
const MAX_DEFINITION_BYTES = 512 * 1024;

/** The schema of the complete monitor, which agents hold it against, and its size. */
function requireWithinBounds(monitor: Monitor, secrets: Secrets): void {
  try {
    monitorParser.parse(monitor, 'the monitor');
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    const fields = error.fields.map(({ pointer, detail }) => ({
      pointer: writtenAt(pointer),
      detail,
    }));
    const [first] = fields;
    const message = `${first?.pointer ?? ''} ${first?.detail ?? error.message}`.trim();
    throw new TrustMonitorError('input.invalid', message, { fields, where: first?.pointer });
  }
  const bytes = Buffer.byteLength(JSON.stringify([monitor.check, secrets]));
  if (bytes <= MAX_DEFINITION_BYTES) return;
  throw new TrustMonitorError(
    'input.too_large',
    `the check has ${bytes} bytes; the limit is ${MAX_DEFINITION_BYTES}`,
    { hint: 'Every job carries the whole check: shorten its body, schemas or certificates.' },
  );
}

/** Without a key of its own the coordinator cannot vote, and nobody else sees a report. */
function requirePushKey({ check }: Monitor, enrolled: readonly Member[]): void {
  if (check.type !== 'heartbeat' || enrolled.some(isPush)) return;
  throw new TrustMonitorError('input.invalid', 'this server takes no heartbeat monitors', {
    where: '/type',
    hint: 'Give the coordinator a vote key: TM_PUSH_KEY_FILE in docs/configuration.md.',
  });
}

function requireReachableQuorum(monitor: Monitor, enrolled: readonly Member[]): void {
  const members = membersOf(monitor, enrolled);
  if (members.length === 0) {
    const probing = enrolled.filter((member) => !isPush(member));
    throw new TrustMonitorError(
      'monitor.unknown_region',
      `no enrolled region matches ${monitor.regions.join(', ')}`,
      {
        where: '/regions',
        hint: `Enrolled are: ${probing.map(({ region }) => region).join(', ') || 'none'}.`,
      },
    );
  }
  requiredVotes(monitor.policy.quorum, new Set(members.map(({ group }) => group)).size);
}

/**
 * What writing the monitor would do. Without the box, for who may only read, a secret that is
 * written counts as changed: else "unchanged" would tell a right guess.
 */
export function changeOf(
  { definition, secrets }: PreparedMonitor,
  stored: StoredMonitor | null,
  box: SecretBox | null,
): Change {
  if (stored === null) return 'create';
  const isSame =
    isDeepStrictEqual(definition, stored.definition) &&
    Object.entries(secrets).every(
      ([name, value]) => box !== null && isStored(name, value, stored, box),
    );
  return isSame ? 'unchanged' : 'update';
}

export interface WriteOptions {
  readonly actor: Actor;
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
  const change = changeOf(prepared, stored, box);
  if (change === 'unchanged') return change;
  const revision = (locked?.revision ?? 0) + 1;
  const sealed = sealSecrets(prepared, stored, box);
  await insertRevision(tx, definition, revision, checkDigest(definition.check), sealed);
  await expectReports(tx, definition, stored);
  const action = change === 'create' ? 'monitor.created' : 'monitor.updated';
  await insertAudit(tx, {
    actor,
    action,
    subject: definition.id,
    detail: { revision },
    before: stored === null ? null : digestOfState(stored.definition),
    after: digestOfState(definition),
  });
  return change;
}

/** Deletes a monitor that is locked, and has no open incident. */
export async function removeMonitor(
  tx: Queryable,
  { definition }: StoredMonitor,
  actor: Actor,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { id } = definition;
  await markMonitorDeleted(tx, id);
  const before = digestOfState(definition);
  await insertAudit(tx, { actor, action: 'monitor.deleted', subject: id, detail, before });
}
