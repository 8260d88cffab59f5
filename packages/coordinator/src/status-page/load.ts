/** A page and its files, from what is stored. */
import { readFile } from 'node:fs/promises';
import { readVerifyPage } from '@trustmonitor/evidence/node';
import { TrustMonitorError, uuid7Time, type StatusPage } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { bundleOf } from '../evidence.ts';
import type { KeyRings } from '../keyrings.ts';
import type { Database } from '../store/database.ts';
import { selectCosignedPlaces } from '../store/log.ts';
import { selectAnnounced, selectPast, type StoredOccurrence } from '../store/occurrences.ts';
import {
  selectPublicIncidents,
  selectPublicMonitors,
  selectVerdictDays,
  type PublicStep,
} from '../store/status-pages.ts';
import { siteOf, type Site } from './site.ts';
import { DAYS, DAY_MS, pageView, selectedFor, type PageView, type PublicWindow } from './view.ts';

const MOST_INCIDENTS = 500;
const MOST_PAST_WINDOWS = 500;
const SCRIPT = new URL('../../pages/status-live.js', import.meta.url);

export interface LoadParts {
  readonly database: Database;
  readonly keyRings: KeyRings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `base` is the address that the page's folder is served at, with a slash at its end. */
export async function loadSite(
  page: StatusPage,
  base: string,
  { database, keyRings, clock }: LoadParts,
): Promise<{ view: PageView; site: Site }> {
  const view = await loadView(database, page, clock());
  const site = siteOf(view, {
    base,
    script: () => readFile(SCRIPT, 'utf8'),
    verifier: async () => Buffer.from(await readVerifyPage()).toString('utf8'),
    evidence: async (incident) => {
      const bundle = await bundleOf(database, incident, keyRings);
      if (bundle === null) throw new TrustMonitorError('not_found', 'the incident is gone');
      return Buffer.from(bundle).toString('utf8');
    },
    isProven: async ({ steps }) => {
      if (keyRings.current.ring.ring.policy.witness === null) return true;
      const [place] = (
        await selectCosignedPlaces(database, steps.slice(-1).map(digestOf))
      ).values();
      return place !== undefined && place.checkpoint !== null;
    },
  });
  return { view, site };
}

const digestOf = ({ digest }: PublicStep): string => digest;

async function loadView(database: Database, page: StatusPage, nowMs: number): Promise<PageView> {
  const monitors = await selectPublicMonitors(database);
  const ids = selectedFor(page, monitors).flatMap((some) => some.map(({ id }) => id));
  const from = new Date((Math.floor(nowMs / DAY_MS) - DAYS + 1) * DAY_MS);
  const days = await selectVerdictDays(database, ids, from);
  const incidents = await selectPublicIncidents(database, ids, from, MOST_INCIDENTS);
  const windows = (await selectAnnounced(database, nowMs)).map(publicWindow);
  const span = { fromMs: from.getTime(), toMs: nowMs };
  const past = (await selectPast(database, ids, span, MOST_PAST_WINDOWS)).map(publicWindow);
  return pageView(page, { monitors, days, incidents, windows, past }, nowMs);
}

function publicWindow(occurrence: StoredOccurrence): PublicWindow {
  const { id, window, definition, startsAtMs, endsAtMs, monitors } = occurrence;
  const { selector, reason } = definition;
  return {
    ...{ id: window, selector, reason, monitors, fromMs: startsAtMs, untilMs: endsAtMs },
    announcedAtMs: uuid7Time(id),
  };
}
