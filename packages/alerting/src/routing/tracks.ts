/** An alert and the tree -> the channels that hear of it. */
import { isSelected, type Routing } from '@trustmonitor/protocol';
import type { AlertFacts, RoutingConfig, Track } from './types.ts';

/** So that the first message leaves at once, and a burst is not a message for each monitor. */
const DEFAULT_GROUP = { groupWaitMs: 0, groupIntervalMs: 10_000 };

type Rules = Pick<
  Track,
  'group' | 'remindEveryMs' | 'quietHours' | 'groupWaitMs' | 'groupIntervalMs'
>;

/** A channel that has heard nothing. */
export const UNTOLD = {
  knows: 'nothing',
  told: null,
  firstToldAtMs: null,
  toldAtMs: null,
  knowsAck: false,
  held: null,
} as const;

/** One for each channel that there is: the earliest, where it is named more than once. */
export function tracksOf(facts: AlertFacts, config: RoutingConfig): Track[] {
  const all = facts.alerts === null ? treeTracks(facts, config) : ownTracks(facts, config);
  const there = all.filter(({ channel }) => config.channels.has(channel));
  const earliest = there.toSorted((a, b) => a.afterMs - b.afterMs);
  return earliest.filter(
    ({ channel }, i) => earliest.findIndex((other) => other.channel === channel) === i,
  );
}

/** A monitor's own alerts are put together with those of others that go to the same channel. */
function ownTracks({ alerts }: AlertFacts, { tree }: RoutingConfig): Track[] {
  const { groupWaitMs, groupIntervalMs } = { ...DEFAULT_GROUP, ...tree };
  const rules = { quietHours: null, groupWaitMs, groupIntervalMs };
  return (alerts ?? []).map(({ notify, ...own }) => ({
    ...UNTOLD,
    ...rules,
    ...own,
    channel: notify,
    group: groupKey('own', [], notify),
  }));
}

function treeTracks(facts: AlertFacts, config: RoutingConfig): Track[] {
  const everyone = [...config.channels.keys()];
  return leavesFor(facts, config.tree, '').flatMap(({ route, path }) => {
    const notify = route.notify ?? everyone;
    const values = (route.groupBy ?? []).map((field) => fieldOf(facts, field));
    const trackTo = (channel: string, afterMs: number): Track => ({
      ...UNTOLD,
      ...rulesOf(route, groupKey(path, values, channel)),
      ...{ channel, afterMs, onResolve: true },
    });
    return [
      ...notify.map((channel) => trackTo(channel, 0)),
      ...(route.escalate ?? []).flatMap((step) =>
        step.notify.map((channel) => trackTo(channel, step.afterMs)),
      ),
    ];
  });
}

function rulesOf(route: Routing, group: string): Rules {
  return {
    group,
    remindEveryMs: route.remindEveryMs ?? null,
    quietHours: route.quietHours ?? null,
    groupWaitMs: route.groupWaitMs ?? DEFAULT_GROUP.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs ?? DEFAULT_GROUP.groupIntervalMs,
  };
}

interface Found {
  readonly route: Routing;
  readonly path: string;
}

/** The deepest nodes that fit, each with what it has from those above. */
function leavesFor(facts: AlertFacts, route: Routing, path: string): Found[] {
  const found: Found[] = [];
  for (const [i, child] of (route.routes ?? []).entries()) {
    if (!fits(facts, child)) continue;
    const node = { ...route, ...child, routes: child.routes ?? [] };
    found.push(...leavesFor(facts, node, `${path}/routes/${i}`));
    if (child.continue !== true) break;
  }
  return found.length > 0 ? found : [{ route, path }];
}

function fits({ monitor, severity }: AlertFacts, route: Routing): boolean {
  if (route.severity !== undefined && !route.severity.includes(severity)) return false;
  if (route.match === undefined) return true;
  return monitor !== null && isSelected(monitor, route.match);
}

function fieldOf({ monitor, severity }: AlertFacts, field: string): string {
  if (field === 'severity') return severity;
  if (field === 'monitor') return monitor?.id ?? '';
  if (field === 'group') return monitor?.group ?? '';
  return monitor?.labels[field.slice('labels.'.length)] ?? '';
}

const groupKey = (path: string, values: readonly string[], channel: string): string =>
  JSON.stringify([path, channel, ...values]);
