/** What the router goes by, as it is stored now. */
import { maintenanceOf, type RoutingConfig } from '@trustmonitor/alerting';
import type { ChannelType, QuarantineReason } from '@trustmonitor/protocol';
import { runningWindows } from '../maintenance/running.ts';
import { selectRouting } from '../store/alerts.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import { selectDrains } from '../store/drains.ts';
import { selectQuarantine } from '../store/quarantine.ts';
import { selectOpenSilences } from '../store/silences.ts';

/** What is read by people, in one message. */
const MAX_ITEMS = 100;
/** These are sent a request for each alert, and all of them must be done in 10 s. */
const KEEPING_ALERTS: readonly ChannelType[] = ['pagerduty', 'opsgenie'];
const MAX_ITEMS_KEPT = 20;

const REASONS: Readonly<Record<QuarantineReason, string>> = {
  canaries: 'its canaries fail',
  flagged: 'its agents are in doubt',
  lost: 'no agent of it is heard of',
};

export async function readRoutingConfig(db: Queryable, atMs: number): Promise<RoutingConfig> {
  const channels = await selectChannels(db);
  const windows = await runningWindows(db, atMs);
  const quarantine = [...(await selectQuarantine(db)).values()];
  const { region: drained } = await selectDrains(db);
  return {
    tree: (await selectRouting(db)) ?? {},
    channels: new Map(
      channels.map(({ id, type }) => [
        id,
        { maxItems: KEEPING_ALERTS.includes(type) ? MAX_ITEMS_KEPT : MAX_ITEMS },
      ]),
    ),
    silences: (await selectOpenSilences(db, new Date(atMs))).map(
      ({ id, match, startsAt, endsAt, reason }) => ({
        ...{ id, match, reason },
        ...{ fromMs: startsAt.getTime(), untilMs: endsAt.getTime() },
      }),
    ),
    regionsOut: new Map([
      ...quarantine
        .filter(({ sinceMs }) => sinceMs !== null)
        .map(({ region, reason }): [string, string] => [region, REASONS[reason]]),
      ...[...drained.keys()].map((region): [string, string] => [region, 'it is drained']),
    ]),
    mutesOf: (monitor, at) => {
      const found = maintenanceOf(windows, monitor, at);
      if (found === null) return [];
      return [{ kind: 'maintenance', by: found.id, untilMs: found.until, why: found.reason }];
    },
  };
}
