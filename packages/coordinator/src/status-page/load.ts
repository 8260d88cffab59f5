/** A page's view, from what is stored. */
import type { StatusPage } from '@trustmonitor/protocol';
import { announcedWindows } from '../maintenance/running.ts';
import type { Database } from '../store/database.ts';
import {
  selectPublicIncidents,
  selectPublicMonitors,
  selectVerdictDays,
} from '../store/status-pages.ts';
import { DAYS, DAY_MS, pageView, selectedFor, type PageView } from './view.ts';

const MOST_INCIDENTS = 500;

export async function loadPage(
  database: Database,
  page: StatusPage,
  nowMs: number,
): Promise<PageView> {
  const monitors = await selectPublicMonitors(database);
  const ids = selectedFor(page, monitors).flatMap((some) => some.map(({ id }) => id));
  const from = new Date((Math.floor(nowMs / DAY_MS) - DAYS + 1) * DAY_MS);
  const days = await selectVerdictDays(database, ids, from);
  const incidents = await selectPublicIncidents(database, ids, from, MOST_INCIDENTS);
  const windows = await announcedWindows(database, nowMs);
  return pageView(page, { monitors, days, incidents, windows }, nowMs);
}
