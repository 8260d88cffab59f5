/** What the routing of alerts is about. All times are ms since the epoch, by one clock. */
import type {
  HOLD_KINDS,
  QuietHours,
  Routing,
  Selectable,
  Selector,
  Verdict,
} from '@trustmonitor/protocol';
import type { Severity } from '../severity.ts';

/** Whom a monitor tells by itself, past the tree. */
export interface OwnRoute {
  readonly notify: string;
  readonly afterMs: number;
  readonly remindEveryMs: number | null;
  readonly onResolve: boolean;
}

/** What is known of an alert when something about it is told. */
export interface AlertFacts {
  /** The same from its beginning to its end: the id of an incident, `flapping/MONITOR`, ... */
  readonly key: string;
  /** `incident`: opened and resolved by decisions. Only these depend on others, and flap. */
  readonly kind: string;
  /** Null for what is about no monitor. */
  readonly monitor: Selectable | null;
  readonly severity: Severity;
  /** Of an incident: what was decided last. */
  readonly verdict: Verdict | null;
  readonly regionsDown: readonly string[];
  /** Monitors without which this one cannot work. */
  readonly dependsOn: readonly string[];
  /** How long its recovery takes to be seen, once what it depends on is up again. */
  readonly settleMs: number;
  /** Null: the tree says who is told. */
  readonly alerts: readonly OwnRoute[] | null;
}

/** One thing that happened to an alert. `id` stands for the message that tells it, and grows. */
export interface News {
  readonly id: number;
  readonly step: 'opened' | 'updated' | 'acknowledged' | 'resolved';
  readonly facts: AlertFacts;
}

/** A moment: the time that it is, and what was heard since the last one, in order. */
export interface Moment {
  readonly atMs: number;
  readonly news: readonly News[];
}

/** Why somebody is not told now. */
export interface Hold {
  readonly kind: (typeof HOLD_KINDS)[number];
  /** In words. */
  readonly why: string;
  /** What holds it: a silence's id, a monitor, a region. */
  readonly by: string | null;
  /** When it ends by itself; null: when something happens. */
  readonly untilMs: number | null;
}

/** One channel that hears of one alert: see `route.ts`. */
export interface Track {
  readonly channel: string;
  /** Messages of one group are put together. */
  readonly group: string;
  /** 0: at once; otherwise told only while nobody has acknowledged the alert. */
  readonly afterMs: number;
  readonly remindEveryMs: number | null;
  readonly onResolve: boolean;
  readonly quietHours: QuietHours | null;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly knows: 'nothing' | 'open' | 'over';
  /** The newest news that it was told, and when it was told anything first and last. */
  readonly told: number | null;
  readonly firstToldAtMs: number | null;
  readonly toldAtMs: number | null;
  /** Whether it was told that somebody has the alert in hand. */
  readonly knowsAck: boolean;
  readonly held: Hold | null;
  /**
   * When it was named, or those before it were told by the same rule, if that was later than the alert
   * began; or when it was to wait anew for others.
   */
  readonly namedAtMs?: number;
}

export interface Acknowledged {
  readonly id: number;
  readonly atMs: number;
  /** How bad it was then; earlier releases did not note it. */
  readonly severity?: Severity;
}

export interface AlertState {
  readonly facts: AlertFacts;
  readonly openedAtMs: number;
  /** The newest news that says how it is. */
  readonly newest: number;
  /** Null as well when it has become worse than `severity` since. */
  readonly acknowledged: Acknowledged | null;
  /** Null while it is open. */
  readonly over: { readonly id: number; readonly atMs: number } | null;
  readonly tracks: readonly Track[];
}

/** What is remembered of a monitor beyond its incidents: see `flapping.ts`. */
export interface MonitorMemory {
  /** Of its incidents, within the last hour, oldest first; `isTurn`: one began or ended. */
  readonly changes: readonly { readonly atMs: number; readonly isTurn: boolean }[];
  readonly flappingSinceMs: number | null;
  /** The news by which an incident changed last; null where none is known. */
  readonly lastTurn: number | null;
  /** When which channel was told of it since it flapped, within the last hour. */
  readonly notices: readonly { readonly channel: string; readonly atMs: number }[];
  /** When it ceased to be down; null: not for long. */
  readonly recoveredAtMs: number | null;
}

export type ItemStep =
  'opened' | 'escalated' | 'updated' | 'acknowledged' | 'reminder' | 'resolved';

/** One thing to be said of one alert; `news` is where its words are. */
export interface Item {
  readonly alert: string;
  readonly step: ItemStep;
  readonly news: number;
}

/** What one channel is told together. */
export interface GroupState {
  readonly channel: string;
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly sentAtMs: number | null;
  /** When what is pending may be sent; null while nothing is. */
  readonly readyAtMs: number | null;
  readonly pending: readonly Item[];
}

export interface RoutingState {
  /** Those that are open, or over and not yet told so. */
  readonly alerts: ReadonlyMap<string, AlertState>;
  readonly groups: ReadonlyMap<string, GroupState>;
  readonly monitors: ReadonlyMap<string, MonitorMemory>;
}

export const NO_ALERTS: RoutingState = {
  alerts: new Map(),
  groups: new Map(),
  monitors: new Map(),
};

/** One message to one channel, with one item or several. */
export interface Send {
  readonly channel: string;
  readonly items: readonly Item[];
}

export interface Routed {
  readonly state: RoutingState;
  readonly sends: readonly Send[];
  /** Alerts that are over for everybody: as they were in the end. */
  readonly ended: readonly AlertState[];
  /** When time alone changes something; null: never. */
  readonly nextAtMs: number | null;
}

export interface Silence {
  readonly id: string;
  readonly match: Selector;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
}

/** Something planned that keeps a monitor quiet. */
export interface Mute {
  readonly kind: 'maintenance';
  /** The window. */
  readonly by: string;
  readonly untilMs: number;
  readonly why: string;
}

/** What the world is like at a moment. */
export interface RoutingConfig {
  readonly tree: Routing;
  /** All that there are, and how many alerts a message to each may be about. */
  readonly channels: ReadonlyMap<string, { readonly maxItems: number }>;
  readonly silences: readonly Silence[];
  /** Regions that cannot judge now, and why. */
  readonly regionsOut: ReadonlyMap<string, string>;
  readonly mutesOf: (monitor: Selectable, atMs: number) => readonly Mute[];
}
