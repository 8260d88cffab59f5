/** What the API keeps is kept for a time. Every replica sees to it; doing it twice does no harm. */
import type { FastifyInstance } from 'fastify';
import { pruneAlerts } from '../store/alerts.ts';
import { pruneBans } from '../store/bans.ts';
import { pruneEvents } from '../store/events.ts';
import { pruneIdempotency } from '../store/idempotency.ts';
import { pruneNotices } from '../store/notices.ts';
import { pruneSessions, pruneSignInCodes } from '../store/sessions.ts';
import type { ApiContext } from './context.ts';
import { tellOfLostAgents } from './events/agent-watch.ts';

const PRUNE_EVERY_MS = 60_000;
const EVENT_HOURS = 1;
const EVENT_ROWS = 100_000;
const BAN_DAYS = 90;
const NOTICE_DAYS = 90;
const ALERT_DAYS = 90;
const WATCH_EVERY_MS = 2_000;
/** After a start, agents that this coordinator was away from have time to be heard again. */
const WATCH_AFTER_MS = 30_000;

export function keepHouse(app: FastifyInstance, { database, clock, log }: ApiContext): void {
  const startedAt = clock();
  const attempt = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => log.warn({ err: error }, 'housekeeping of the API failed'));
  };
  const pruning = setInterval(() => {
    attempt(() => pruneEvents(database, EVENT_HOURS, EVENT_ROWS));
    attempt(() => pruneIdempotency(database));
    attempt(() => pruneBans(database, BAN_DAYS));
    attempt(() => pruneNotices(database, NOTICE_DAYS));
    attempt(() => pruneAlerts(database, ALERT_DAYS));
    attempt(() => pruneSessions(database));
    attempt(() => pruneSignInCodes(database));
  }, PRUNE_EVERY_MS);
  const watching = setInterval(() => {
    if (clock() - startedAt < WATCH_AFTER_MS) return;
    attempt(() => tellOfLostAgents(database, clock));
  }, WATCH_EVERY_MS);
  app.addHook('onClose', () => {
    clearInterval(pruning);
    clearInterval(watching);
  });
}
