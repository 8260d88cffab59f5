/** Writing objectives about several monitors: over the API, and as code. */
import {
  TrustMonitorError,
  type FieldError,
  type OwnerName,
  type Slo,
  type SloChange,
} from '@trustmonitor/protocol';
import { digestOfState } from '../state-digest.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import { deleteSlo, selectSlos, upsertSlo, type StoredSlo } from '../store/slos.ts';

/** Writes it unless nothing changed. `stored` is what is there, and locked. */
export async function writeSlo(
  tx: Queryable,
  slo: StoredSlo,
  stored: StoredSlo | null,
  actor: Actor,
): Promise<SloChange['action']> {
  const action = changeOf(slo, stored);
  if (action === 'unchanged' && slo.owner === stored?.owner) return action;
  await upsertSlo(tx, slo);
  const before = stored === null ? null : digestOfState(stored.definition);
  const after = digestOfState(slo.definition);
  const detail = slo.owner === null ? {} : { owner: slo.owner };
  const { id } = slo.definition;
  await insertAudit(tx, { actor, action: 'slo.written', subject: id, detail, before, after });
  return action;
}

export async function removeSlo(tx: Queryable, stored: StoredSlo, actor: Actor): Promise<void> {
  const { id } = stored.definition;
  await deleteSlo(tx, id);
  const before = digestOfState(stored.definition);
  await insertAudit(tx, { actor, action: 'slo.deleted', subject: id, before });
}

/** Channels that it names and that are not there would tell nobody, without a word. */
export function requireSloChannels(
  { alerts }: Slo,
  channels: readonly { readonly id: string }[],
): void {
  for (const [i, { notify }] of (alerts ?? []).entries()) {
    if (channels.some(({ id }) => id === notify)) continue;
    const pointer = `/alerts/${i}/notify`;
    const detail = `there is no channel ${notify}`;
    throw new TrustMonitorError('input.invalid', detail, {
      where: pointer,
      fields: [{ pointer, detail }],
    });
  }
}

/** What a plan says of objectives; null where it says nothing, which prunes none. */
export interface SloPlan {
  readonly owner: OwnerName;
  readonly prune: boolean;
  readonly takeOver: boolean;
  readonly slos: readonly Slo[] | null;
}

/** What applying would change; in the order of the file, then what is deleted. */
export async function planSlos(db: Queryable, plan: SloPlan): Promise<SloChange[]> {
  return changesOf(plan, await selectSlos(db)).map(({ change }) => change);
}

/** The table of objectives must be locked. Throws `monitor.owned` for those of others. */
export async function applySlos(tx: Queryable, plan: SloPlan, actor: Actor): Promise<SloChange[]> {
  const changes = changesOf(plan, await selectSlos(tx));
  for (const { slo, stored } of changes) {
    if (slo !== null) await writeSlo(tx, { definition: slo, owner: plan.owner }, stored, actor);
    else if (stored !== null) await removeSlo(tx, stored, actor);
  }
  return changes.map(({ change }) => change);
}

interface PlannedSlo {
  /** Null: it is to be deleted. */
  readonly slo: Slo | null;
  readonly stored: StoredSlo | null;
  readonly change: SloChange;
}

function changesOf(plan: SloPlan, stored: readonly StoredSlo[]): PlannedSlo[] {
  if (plan.slos === null) return [];
  const byId = new Map(stored.map((slo) => [slo.definition.id, slo]));
  requireOwn(plan, plan.slos, byId);
  const written = plan.slos.map((slo): PlannedSlo => {
    const before = byId.get(slo.id) ?? null;
    const action = changeOf({ definition: slo, owner: plan.owner }, before);
    return { slo, stored: before, change: { id: slo.id, action } };
  });
  const ids = new Set(plan.slos.map(({ id }) => id));
  const pruned = stored.filter(
    ({ definition, owner }) => plan.prune && owner === plan.owner && !ids.has(definition.id),
  );
  return [
    ...written,
    ...pruned.map((slo): PlannedSlo => ({
      slo: null,
      stored: slo,
      change: { id: slo.definition.id, action: 'delete' },
    })),
  ];
}

function requireOwn(
  { owner, takeOver }: SloPlan,
  slos: readonly Slo[],
  byId: ReadonlyMap<string, StoredSlo>,
): void {
  if (takeOver) return;
  const fields = slos.flatMap(({ id }, i): FieldError[] => {
    const other = byId.get(id)?.owner ?? null;
    if (other === null || other === owner) return [];
    const detail = `belongs to the owner "${other}", who has applied it`;
    return [{ pointer: `/slos/${i}/id`, detail }];
  });
  const [first] = fields;
  if (first === undefined) return;
  throw new TrustMonitorError('monitor.owned', `${first.pointer} ${first.detail}`, {
    fields,
    where: first.pointer,
    hint: 'Apply under that name (owner), take it over (--take-over), or give it another id.',
  });
}

function changeOf(slo: StoredSlo, stored: StoredSlo | null): SloChange['action'] {
  if (stored === null) return 'create';
  const isSame = digestOfState(slo.definition) === digestOfState(stored.definition);
  return isSame ? 'unchanged' : 'update';
}
