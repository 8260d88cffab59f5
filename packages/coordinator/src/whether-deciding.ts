/** Whether this coordinator does what it is for, told by what it gets done and not by being alive. */
import type { Bus } from '@trustmonitor/bus';
import type { Cycle } from './cycle.ts';
import type { DecisionLoop } from './decision-loop.ts';
import type { Database } from './store/database.ts';

/** Rounds that should have opened longer ago than this: the loop is stuck, or far behind. */
const MAX_LAG_MS = 30_000;
const DATABASE_LIMIT_MS = 5_000;

export interface DecidingParts {
  readonly loop: Pick<DecisionLoop, 'isFresh' | 'held'> & {
    readonly cycle: Pick<Cycle, 'databaseAway' | 'lagMs'>;
  };
  readonly bus: Pick<Bus, 'connected'>;
  readonly database: Pick<Database, 'query'>;
}

/** Null while it decides; otherwise the first reason why it does not. */
export async function whyIdle({ loop, bus, database }: DecidingParts): Promise<string | null> {
  const { cycle } = loop;
  if (!loop.isFresh) return 'its leases are not known to hold';
  if (!bus.connected) return 'the broker is away';
  if (loop.held === 0) return 'other coordinators have all monitors';
  if (cycle.databaseAway) return 'decisions cannot be written';
  if (cycle.lagMs > MAX_LAG_MS) return `rounds are ${Math.round(cycle.lagMs / 1_000)} s overdue`;
  return databaseAnswers(database);
}

async function databaseAnswers(database: Pick<Database, 'query'>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the database does not answer'), DATABASE_LIMIT_MS);
  });
  const answer = database.query('select 1').then(
    () => null,
    () => 'the database is away',
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
