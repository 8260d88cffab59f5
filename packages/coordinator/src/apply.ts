/**
 * Monitors as code: what a whole plan would change, and the change itself, all or nothing.
 *
 * Every monitor that was applied bears the name of its owner, and only under that name it is
 * applied again or pruned. A monitor that nobody has applied (it was made over the API) is adopted
 * by the first who applies it; one of another owner is taken over only where the plan says so.
 * What the owner has applied and the plan leaves out is deleted where the plan asks for pruning.
 */
import {
  DEFAULT_OWNER,
  TrustMonitorError,
  type FieldError,
  type MonitorChange,
  type OwnerName,
} from '@trustmonitor/protocol';
import {
  requireDependencies,
  requireUnneeded,
  type DependencyChange,
} from './alerts/dependencies.ts';
import type { PreparedMonitor } from './monitor-secrets.ts';
import { changeOf, removeMonitor, writeMonitor } from './monitors.ts';
import type { SecretBox } from './secret-box.ts';
import { lockById } from './store/advisory-locks.ts';
import { insertAudit, type Actor } from './store/audit.ts';
import type { Queryable } from './store/database.ts';
import {
  lockMonitor,
  selectMonitor,
  selectMonitors,
  type StoredMonitor,
} from './store/monitors.ts';
import {
  selectOwnedBeside,
  selectOwners,
  updateOwner,
  type OwnedMonitor,
} from './store/ownership.ts';

export interface PreparedPlan {
  readonly owner: OwnerName;
  readonly prune: boolean;
  readonly takeOver: boolean;
  /** In the order of the file; no id comes twice. */
  readonly monitors: readonly PreparedMonitor[];
}

/** Whose plan it is. Throws `input.invalid` for one that prunes and does not say whose monitors. */
export function ownerOf(plan: { owner?: OwnerName; prune?: boolean }): OwnerName {
  if (plan.owner !== undefined) return plan.owner;
  if (plan.prune !== true) return DEFAULT_OWNER;
  throw new TrustMonitorError('input.invalid', 'pruning must say whose monitors it is about', {
    where: '/owner',
    fields: [{ pointer: '/owner', detail: 'is required with prune' }],
    hint: `Name the owner; what was applied without a name has the owner ${DEFAULT_OWNER}.`,
  });
}

/** The stored monitors that the plan writes anew, by id. */
export async function storedOf(
  db: Queryable,
  monitors: readonly PreparedMonitor[],
): Promise<Map<string, StoredMonitor>> {
  const stored = await selectMonitors(db, monitors.map(idOf));
  return new Map(stored.map((monitor) => [monitor.definition.id, monitor]));
}

/** What applying would change. Throws what applying would. For `box` see `changeOf`. */
export async function planChanges(
  db: Queryable,
  plan: PreparedPlan,
  box: SecretBox | null,
): Promise<MonitorChange[]> {
  const { owners, pruned } = await survey(db, plan);
  await requireUnneeded(db, dependencyChange(plan, pruned));
  const byId = await storedOf(db, plan.monitors);
  const written = plan.monitors.map((monitor): MonitorChange => {
    const id = idOf(monitor);
    const action = changeOf(monitor, byId.get(id) ?? null, box);
    return { id, action, previousOwner: owners.get(id) ?? null };
  });
  return [...written, ...pruned.map((monitor) => deletion(monitor, plan.owner))];
}

/**
 * Applies the plan. Whatever it throws, the transaction must be given up.
 *
 * Throws `monitor.owned` for monitors of others, `monitor.busy` for an open incident of a monitor
 * that would be deleted, and `monitor.needed` for one that others depend on.
 */
export async function applyChanges(
  tx: Queryable,
  plan: PreparedPlan,
  box: SecretBox,
  actor: Actor,
): Promise<MonitorChange[]> {
  // Two that prune under one name wait for each other: neither deletes what the other has added.
  await lockById(tx, 'owner', plan.owner);
  const { pruned } = await survey(tx, plan);
  await requireDependencies(tx, dependencyChange(plan, pruned));
  const monitors = new Map(plan.monitors.map((monitor) => [idOf(monitor), monitor]));
  const changes = new Map<string, MonitorChange>();
  // In one order for everybody: two that apply the same monitors wait, and do not deadlock.
  for (const id of [...monitors.keys(), ...pruned.map((monitor) => monitor.id)].toSorted()) {
    const monitor = monitors.get(id);
    const change =
      monitor === undefined
        ? await prune(tx, id, plan.owner, actor)
        : await write(tx, monitor, plan, box, actor);
    if (change !== null) changes.set(id, change);
  }
  return [...monitors.keys(), ...pruned.map(({ id }) => id)].flatMap((id) => changes.get(id) ?? []);
}

async function write(
  tx: Queryable,
  monitor: PreparedMonitor,
  { owner, takeOver }: PreparedPlan,
  box: SecretBox,
  actor: Actor,
): Promise<MonitorChange> {
  const id = idOf(monitor);
  const action = await writeMonitor(tx, monitor, box, { actor, expectedRevision: null });
  const previousOwner = await updateOwner(tx, id, owner);
  // Somebody may have applied it since the survey; from here on nobody can.
  if (isForeign(previousOwner, owner) && !takeOver) throw owned([fieldOf('', previousOwner)]);
  if (previousOwner !== owner) {
    const detail = { owner, previousOwner };
    await insertAudit(tx, { actor, action: 'monitor.owner_changed', subject: id, detail });
  }
  return { id, action, previousOwner };
}

/** Null where it was deleted or taken over since the survey. */
async function prune(
  tx: Queryable,
  id: string,
  owner: OwnerName,
  actor: Actor,
): Promise<MonitorChange | null> {
  await lockMonitor(tx, id);
  const stored = await selectMonitor(tx, id);
  if (stored?.owner !== owner) return null;
  requireIdle([{ id, openIncident: stored.openIncident }]);
  await removeMonitor(tx, stored, actor, { prunedBy: owner });
  return deletion({ id }, owner);
}

function dependencyChange(
  { monitors }: PreparedPlan,
  pruned: readonly OwnedMonitor[],
): DependencyChange {
  return {
    written: monitors.map(({ definition }) => definition),
    removed: pruned.map(({ id }) => id),
  };
}

interface Survey {
  /** Of the plan's monitors that are there already. */
  readonly owners: ReadonlyMap<string, OwnerName | null>;
  /** What is to be deleted, by id. */
  readonly pruned: readonly OwnedMonitor[];
}

async function survey(db: Queryable, plan: PreparedPlan): Promise<Survey> {
  const ids = plan.monitors.map(idOf);
  const owners = await selectOwners(db, ids);
  requireOwn(plan, owners);
  const pruned = plan.prune ? await selectOwnedBeside(db, plan.owner, ids) : [];
  requireIdle(pruned);
  return { owners, pruned };
}

function requireOwn(plan: PreparedPlan, owners: Survey['owners']): void {
  if (plan.takeOver) return;
  const fields = plan.monitors.flatMap((monitor, i) => {
    const owner = owners.get(idOf(monitor)) ?? null;
    return isForeign(owner, plan.owner) ? [fieldOf(`/monitors/${i}`, owner)] : [];
  });
  if (fields.length > 0) throw owned(fields);
}

function isForeign(owner: OwnerName | null, own: OwnerName): owner is OwnerName {
  return owner !== null && owner !== own;
}

const fieldOf = (pointer: string, owner: OwnerName): FieldError => ({
  pointer: `${pointer}/id`,
  detail: `belongs to the owner "${owner}", who has applied it`,
});

function owned(fields: readonly FieldError[]): TrustMonitorError {
  const [first] = fields;
  return new TrustMonitorError('monitor.owned', `${first?.pointer ?? ''} ${first?.detail ?? ''}`, {
    fields,
    where: first?.pointer,
    hint:
      'Apply under that name (owner), take it over (--take-over; takeOver in the API), or give ' +
      'this monitor another id.',
  });
}

function requireIdle(monitors: readonly OwnedMonitor[]): void {
  const busy = monitors.filter(({ openIncident }) => openIncident !== null).map(({ id }) => id);
  if (busy.length === 0) return;
  const message = `pruning would delete ${busy.join(', ')} in an open incident`;
  throw new TrustMonitorError('monitor.busy', message, {
    hint: 'Nobody would ever see it resolved. Wait for that, or resolve it by hand first.',
  });
}

const deletion = ({ id }: { id: string }, owner: OwnerName): MonitorChange => ({
  id,
  action: 'delete',
  previousOwner: owner,
});

const idOf = ({ definition }: PreparedMonitor): string => definition.id;
