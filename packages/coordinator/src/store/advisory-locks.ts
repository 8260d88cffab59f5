/**
 * Every advisory lock that there is. Each is held until its transaction ends.
 *
 * A number never changes, and never comes to mean anything else: while a release is replaced,
 * coordinators of both wait for each other by it.
 *
 * Who takes several takes them in this order, and those of one kind in the order of their ids:
 * telling, channel, owner, dependencies, monitor, window; or quarantine, trust; and events last.
 */
import type { Queryable } from './database.ts';

/** There is one of each. */
const LOCKS = {
  migrations: 7_070_001,
  /** Only one coordinator at a time drops or rolls up what is old; the others leave it to that one. */
  history: 7_070_003,
  /** Which channels there are, for who names them, and who is told of what. */
  telling: 7_070_025,
  /** Two who write what depends on what might close a circle together. */
  dependencies: 7_070_018,
  trust: 7_070_011,
  /** Two who add regions to it: together they might be too many. */
  quarantine: 7_070_014,
  /** Rows of events become visible in the order of their numbers. */
  events: 7_070_004,
} as const;

/**
 * There is one for each id, also of what is not there yet: nobody else writes it. The second key is
 * the id's hash; PostgreSQL keeps locks of two keys apart from those of one.
 */
const LOCKS_BY_ID = {
  channel: 7_070_003,
  /** Nobody else applies monitors under this name. */
  owner: 7_070_012,
  monitor: 7_070_002,
  /** Nobody else changes, announces or ends it. */
  window: 7_070_019,
  statusPage: 7_070_024,
  /** Two replicas that ban the same caller make one ban of it. */
  ban: 7_070_027,
  /** Nobody else signs in as this person; taken alone. */
  person: 7_070_031,
} as const;

export async function lock(tx: Queryable, name: keyof typeof LOCKS): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [LOCKS[name]]);
}

/** Beside others who share it; who locks it alone waits for all of them. */
export async function shareLock(tx: Queryable, name: keyof typeof LOCKS): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared($1)', [LOCKS[name]]);
}

/** False when another has it. */
export async function tryLock(tx: Queryable, name: keyof typeof LOCKS): Promise<boolean> {
  const { rows } = await tx.query<{ mine: boolean }>(
    'select pg_try_advisory_xact_lock($1) as mine',
    [LOCKS[name]],
  );
  return rows[0]?.mine === true;
}

export async function lockById(
  tx: Queryable,
  kind: keyof typeof LOCKS_BY_ID,
  id: string,
): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCKS_BY_ID[kind], id]);
}
