/** What fails in the monitoring just now, by what the database holds and this coordinator sees. */
import type { Bus } from '@trustmonitor/bus';
import { isPush, type NoticeTopic, type QuarantineReason } from '@trustmonitor/protocol';
import type { KeyRings } from '../keyrings.ts';
import type { Queryable } from '../store/database.ts';
import { selectBrokerStates } from '../store/coordinators.ts';
import { selectDrains } from '../store/drains.ts';
import { selectQuarantine } from '../store/quarantine.ts';
import {
  countOverdue,
  selectGivenUp,
  selectStuckChannels,
  type GivenUp,
} from '../store/notices.ts';
import { selectHeldFleets, type HeldFleet } from '../store/brake.ts';
import { findLostRegions } from '../quarantine/lost-regions.ts';
import type { RegionRecord } from '../quarantine/plan.ts';
import type { Failing, Trouble } from './notices.ts';

/** A message that waits this long was tried several times. */
const STUCK_AFTER_MS = 300_000;
/** Nobody gets these any more: they are shown for so long after the last of them. */
const GIVEN_UP_FOR_MS = 86_400_000;
/** That too many regions fail is noted every 10 s. */
const WITHHELD_FOR_MS = 30_000;
/** That incidents are held back is noted every 10 s. */
const HELD_FOR_MS = 30_000;
const ABOUT_REGIONS: readonly NoticeTopic[] = ['region.lost', 'region.quarantined'];
/** Agents are lost after 10 s of silence, and what was heard of them is written every 5 s. */
const LOST_AFTER_MS = 15_000;

export interface TroubleParts {
  readonly database: Queryable;
  readonly bus: Pick<Bus, 'connected'>;
  readonly keyRings: Pick<KeyRings, 'members' | 'voters'>;
}

/** The first explains those after it. `known`: what is known to fail. */
export async function findTroubles(
  parts: TroubleParts,
  known: readonly Failing[],
  nowMs: number,
): Promise<Trouble[]> {
  const { database, keyRings } = parts;
  const lost = await findLostRegions(database, keyRings, LOST_AFTER_MS, nowMs);
  const overdue = await countOverdue(database, nowMs);
  const { region: drained } = await selectDrains(database);
  const isNews = isNewsUnless(drained, known);
  const quarantine = [...(await selectQuarantine(database)).values()];
  const held = await selectHeldFleets(database, new Date(nowMs - HELD_FOR_MS));
  const stuck = await selectStuckChannels(database, new Date(nowMs - STUCK_AFTER_MS));
  const givenUp = await selectGivenUp(database, new Date(nowMs - GIVEN_UP_FOR_MS));
  return [
    ...(await brokerTroubles(parts, known, lost, drained)).filter(isNews),
    ...withheldRegions(quarantine, nowMs),
    ...quarantinedRegions(quarantine).filter(isNews),
    ...heldFleet(held),
    ...(overdue === 0 ? [] : [overdueRounds(overdue)]),
    ...givenUp.map(lostMessages),
    ...stuck.map(({ channel, waiting }): Trouble => {
      const what = waiting === 1 ? '1 message waits' : `${waiting} messages wait`;
      const detail = `${what} for more than 5 minutes for the channel ${channel}`;
      return { topic: 'outbox.growing', subject: channel, detail, blinds: false };
    }),
  ];
}

/**
 * People are not told that a region is out which somebody has taken out. What they were told before
 * goes on as it is: its end would say that the region is well again.
 */
function isNewsUnless(
  drained: ReadonlyMap<string, unknown>,
  known: readonly Failing[],
): (trouble: Trouble) => boolean {
  return ({ topic, subject }) =>
    !ABOUT_REGIONS.includes(topic) ||
    !drained.has(subject) ||
    known.some((one) => one.topic === topic && one.subject === subject);
}

function lostMessages({ channel, messages, error }: GivenUp): Trouble {
  const what = messages === 1 ? '1 message' : `${messages} messages`;
  const detail = `${what} to the channel ${channel} given up within a day, the last as ${error}`;
  return { topic: 'outbox.given_up', subject: channel, detail, blinds: false };
}

/**
 * While no coordinator has a broker, no agent is heard of, and nothing new can be said of the regions.
 * One that alone has none hears nothing either, and the others judge in its place.
 */
async function brokerTroubles(
  parts: TroubleParts,
  known: readonly Failing[],
  silent: readonly string[],
  drained: ReadonlyMap<string, unknown>,
): Promise<Trouble[]> {
  const states = await selectBrokerStates(parts.database);
  if (!parts.bus.connected && !states.some(({ broker }) => broker === 'there')) {
    const detail = 'No coordinator reaches the broker: no agent is asked or heard';
    return [
      { topic: 'broker.away', subject: '', detail, blinds: true },
      ...known.filter(({ topic }) => topic === 'region.lost'),
    ];
  }
  const away = states.filter(({ broker }) => broker === 'away');
  return [
    ...away.map(({ name: subject }): Trouble => {
      const detail = `The coordinator ${subject} does not reach the broker: others judge its monitors`;
      return { topic: 'broker.away', subject, detail, blinds: false };
    }),
    ...lostRegions(parts, silent, drained),
  ];
}

function lostRegions(
  { keyRings }: TroubleParts,
  silent: readonly string[],
  drained: ReadonlyMap<string, unknown>,
): Trouble[] {
  const regions = new Set(keyRings.members.filter((m) => !isPush(m)).map((m) => m.region));
  const lost = silent.filter((region) => regions.has(region));
  const blinds = [...regions].every((region) => lost.includes(region) || drained.has(region));
  return lost.map((subject) => {
    const detail = `No agent in ${subject} is heard of, so that it has no vote`;
    return { topic: 'region.lost', subject, detail, blinds };
  });
}

const REASONS: Readonly<Record<QuarantineReason, string>> = {
  canaries: 'its canaries fail',
  flagged: 'its agents are wrong about most of what they see',
  lost: 'no agent of it is heard of',
};

/** Of one that is lost people are told as such. */
function quarantinedRegions(records: readonly RegionRecord[]): Trouble[] {
  return records
    .filter(({ sinceMs }) => sinceMs !== null)
    .map(({ region: subject, reason }) => ({
      topic: 'region.quarantined',
      subject,
      detail: `${subject} is in quarantine and has no vote: ${REASONS[reason]}`,
      ...{ blinds: false, isSure: true, isQuiet: reason === 'lost' },
    }));
}

function withheldRegions(records: readonly RegionRecord[], nowMs: number): Trouble[] {
  const regions = records
    .filter(({ withheldAtMs: at }) => at !== null && nowMs - at < WITHHELD_FOR_MS)
    .map(({ region }) => region);
  if (regions.length === 0) return [];
  const detail =
    `${regions.join(', ')} cannot judge, and the other regions are too few to decide without ` +
    'them: none is put in quarantine';
  return [{ topic: 'quarantine.withheld', subject: '', detail, blinds: true }];
}

/** As many monitors as when it began: people are told once. */
function heldFleet(held: readonly HeldFleet[]): Trouble[] {
  if (held.length === 0) return [];
  const total = (of: (one: HeldFleet) => number): number => held.reduce((n, one) => n + of(one), 0);
  const changed = total(({ flipped }) => flipped);
  const settled = total((one) => one.settled);
  const detail =
    `Fleet-wide change held for confirmation: ${changed} of ${settled} monitors fail within a ` +
    'minute. Incidents open after one more round, before which agents ask their canaries anew';
  return [{ topic: 'fleet.held', subject: '', detail, blinds: false, isSure: true }];
}

function overdueRounds(overdue: number): Trouble {
  const what = overdue === 1 ? '1 monitor was' : `${overdue} monitors were`;
  const detail = `${what} not judged for two intervals`;
  return { topic: 'rounds.overdue', subject: '', detail, blinds: false };
}
