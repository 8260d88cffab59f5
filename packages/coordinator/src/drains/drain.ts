/**
 * Takes regions and agents out of the rounds for planned work, and puts them in again.
 *
 *     voting  -- somebody drains it, and the others can judge, or it is forced --> drained
 *     drained -- somebody says that the work is done ----------------------------> voting, at once
 *
 * A drained region is a member that no round asks: it abstains, k stays, and nobody is told that it
 * is lost or cannot judge. It gets no jobs of probation either, so that one that is in quarantine too
 * stays there until it was asked again.
 *
 * A drained agent is told with its next heartbeat that it is to take no jobs. It stays connected,
 * delivers what it has, and cosigns; the other agents of its region take its jobs.
 */
import {
  TrustMonitorError,
  formatTimestamp,
  type DrainInput,
  type LiveEvent,
} from '@trustmonitor/protocol';
import type { KeyRings } from '../keyrings.ts';
import type { RegionRecord } from '../quarantine/plan.ts';
import { findLostRegions } from '../quarantine/lost-regions.ts';
import { selectAliveAgents } from '../store/agents.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import {
  deleteDrain,
  selectDrains,
  upsertDrain,
  type Drain,
  type DrainKind,
  type Drains,
} from '../store/drains.ts';
import { insertEvents } from '../store/events.ts';
import { selectJuries } from '../store/juries.ts';
import { lockQuarantine } from '../store/quarantine.ts';
import { undecidedWithout, type Undecided } from './rule.ts';

export interface DrainParts {
  readonly database: Database;
  readonly keyRings: Pick<KeyRings, 'members' | 'voters'>;
}

/** What is drained; an agent with its region. */
export interface Drainable {
  readonly kind: DrainKind;
  readonly name: string;
  readonly region: string;
}

/** Who was not heard of for so long cannot stand in for anybody. */
const SILENT_AFTER_MS = 30_000;
const SHOWN = 3;

/** Again is well, and changes the reason. Throws `drain.too_few`, unless it is forced. */
export async function drain(
  what: Drainable,
  { reason = '', force = false }: DrainInput,
  actor: Actor,
  parts: DrainParts,
  nowMs: number,
): Promise<Drain> {
  const { kind, name } = what;
  return parts.database.transaction(async (tx) => {
    // Held by those who put regions in quarantine, too: together they might be too many.
    const quarantine = await lockQuarantine(tx);
    const drains = await selectDrains(tx);
    const before = drains[kind].get(name);
    if (before === undefined && !force) {
      const standing = { drains, quarantine, nowMs };
      if (kind === 'agent') await requireOther(tx, what, standing);
      else await requireQuorums(tx, name, parts, standing);
    }
    const now: Drain = { sinceMs: nowMs, by: actor.name, ...before, reason };
    await upsertDrain(tx, kind, name, now);
    const action = `${kind}.drained`;
    await insertAudit(tx, { actor, action, subject: name, detail: { reason, force } });
    if (before === undefined) await tell(tx, what, 'drained', actor, nowMs);
    return now;
  });
}

/** Does nothing to what is not drained. */
export async function undrain(
  what: Drainable,
  actor: Actor,
  { database }: Pick<DrainParts, 'database'>,
  nowMs: number,
): Promise<void> {
  const { kind, name } = what;
  await database.transaction(async (tx) => {
    if (!(await deleteDrain(tx, kind, name))) return;
    await insertAudit(tx, { actor, action: `${kind}.undrained`, subject: name });
    await tell(tx, what, 'undrained', actor, nowMs);
  });
}

async function tell(
  tx: Queryable,
  { kind, name, region }: Drainable,
  change: 'drained' | 'undrained',
  { name: by }: Actor,
  nowMs: number,
): Promise<void> {
  const common = { at: formatTimestamp(nowMs), region, by };
  const event: LiveEvent =
    kind === 'region'
      ? { type: `region.${change}`, ...common }
      : { type: `agent.${change}`, agent: name, ...common };
  await insertEvents(tx, [event]);
}

/** Who has no vote as it is. */
interface Standing {
  readonly drains: Drains;
  readonly quarantine: ReadonlyMap<string, RegionRecord>;
  readonly nowMs: number;
}

async function requireQuorums(
  tx: Queryable,
  region: string,
  { keyRings }: DrainParts,
  { drains, quarantine, nowMs }: Standing,
): Promise<void> {
  const lost = await findLostRegions(tx, keyRings, SILENT_AFTER_MS, nowMs);
  const quarantined = [...quarantine.values()].filter(({ sinceMs }) => sinceMs !== null);
  const silent = new Set([
    ...drains.region.keys(),
    ...quarantined.map((record) => record.region),
    ...lost,
  ]);
  const undecided = undecidedWithout(region, await selectJuries(tx), keyRings.members, silent);
  if (undecided.length === 0) return;
  const count = undecided.reduce((sum, { monitors }) => sum + monitors, 0);
  const what = count === 1 ? '1 monitor' : `${count} monitors`;
  const shown = undecided.slice(0, SHOWN).map(wordsOf).join('; ');
  throw new TrustMonitorError(
    'drain.too_few',
    `without ${region} ${what} could not be judged: ${shown}`,
    { hint: 'Wait until other regions vote again, lower the quorum, or force it.' },
  );
}

function wordsOf({ example, required, left }: Undecided): string {
  return `${example} needs ${required} voting groups and would have ${left}`;
}

/** While its region votes, somebody must be left there to do so. */
async function requireOther(
  tx: Queryable,
  { name, region }: Drainable,
  { drains, nowMs }: Standing,
): Promise<void> {
  if (drains.region.has(region)) return;
  const alive = await selectAliveAgents(tx, new Date(nowMs - SILENT_AFTER_MS));
  const here = alive.filter((one) => one.region === region);
  if (here.every(({ agent }) => agent !== name) || here.length > 1) return;
  throw new TrustMonitorError(
    'drain.too_few',
    `no other agent of ${region} is alive to take the jobs of ${name}`,
    { hint: `Drain the region ${region} instead: then nobody waits for its vote. Or force it.` },
  );
}
