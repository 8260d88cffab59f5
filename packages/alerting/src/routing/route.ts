/**
 * Who hears of which alert, and when. Pure: time is an argument.
 *
 * An alert, from its beginning to its end:
 *
 *     open -- it is over ----------------------> over
 *     over -- everybody knows who has to ------> ended    (forgotten)
 *     open -- somebody acknowledges it --------> open     no reminders, no escalation
 *     open -- it is worse than acknowledged ---> open     as if nobody had
 *
 * Each channel that the tree (or the monitor) names for it has a track of its own:
 *
 *     knows nothing -- its time has come, and nothing holds it --> knows it is open
 *     knows nothing -- the alert is over ------------------------> (never told)
 *     knows open    -- news, or time for a reminder, not held ---> knows open
 *     knows open    -- the alert is over, not held --------------> knows it is over
 *
 * So nobody hears of an end who has not heard of the beginning, nothing is said twice, and whatever
 * was held is said once nothing holds it, as it is by then. What holds an alert: `holds.ts`;
 * monitors that flap: `flapping.ts`; how messages are put together: `groups.ts`.
 *
 * Every piece of news is acted on before the next, so that a short incident is told as two things;
 * then whatever time alone has changed.
 */
import { ackOf, anew, namedAnew } from './again.ts';
import {
  CALM,
  calmAt,
  calmDown,
  flappingFacts,
  flappingKey,
  noteChange,
  noteNotice,
} from './flapping.ts';
import { messagesOf, withItem } from './groups.ts';
import { holdOfAlert, type Surroundings } from './holds.ts';
import { reminderAt, speak } from './speak.ts';
import { tracksOf } from './tracks.ts';
import type {
  AlertFacts,
  AlertState,
  GroupState,
  Moment,
  MonitorMemory,
  News,
  Routed,
  RoutingConfig,
  RoutingState,
  Send,
  Track,
} from './types.ts';

const DEFAULT_MAX_ITEMS = 100;

export function route(state: RoutingState, moment: Moment, config: RoutingConfig): Routed {
  const turn = new Turn(state, moment.atMs, config);
  for (const news of moment.news) turn.hear(news);
  turn.passTime();
  return turn.result();
}

/** A step in the making. The states that it holds never change. */
class Turn {
  readonly #alerts: Map<string, AlertState>;
  readonly #groups: Map<string, GroupState>;
  readonly #monitors: Map<string, MonitorMemory>;
  /** By monitor, the incident that says `down`: an older one may be over and not told so yet. */
  readonly #down = new Map<string, string>();
  readonly #around: Surroundings;
  readonly #sends: Send[] = [];
  readonly #ended: AlertState[] = [];

  constructor(state: RoutingState, atMs: number, config: RoutingConfig) {
    this.#alerts = new Map(state.alerts);
    this.#groups = new Map(state.groups);
    this.#monitors = new Map(state.monitors);
    for (const alert of this.#alerts.values()) this.#noteDown(alert);
    this.#around = {
      ...{ atMs, config },
      isDown: (monitor) => this.#down.has(monitor),
      memoryOf: (monitor) => this.#monitors.get(monitor),
    };
  }

  hear(news: News): void {
    const known = this.#alerts.get(news.facts.key);
    const alert = known === undefined ? this.#begin(news) : this.#continue(known, news);
    if (alert === null) return;
    this.#put(alert);
    if (known !== undefined) this.#noteRecovery(known, alert);
    if (isChange(news, known)) this.#noteChange(alert, news, known);
    this.#say(alert.facts.key);
  }

  /** What time, or something outside, has changed. */
  passTime(): void {
    const { atMs } = this.#around;
    for (const [monitor, memory] of this.#monitors) {
      const calmer = calmDown(memory, atMs);
      if (calmer === null) this.#monitors.delete(monitor);
      else if (calmer !== memory) this.#monitors.set(monitor, calmer);
      const isCalm = calmer === null || calmer.flappingSinceMs === null;
      if (memory.flappingSinceMs !== null && isCalm) this.#endFlapping(monitor, memory);
    }
    // What is said of flapping first: what it holds depends on it.
    const keys = [...this.#alerts.keys()];
    const isNotice = (key: string): boolean => this.#alerts.get(key)?.facts.kind === 'flapping';
    for (const key of keys.filter(isNotice)) this.#say(key);
    for (const key of keys.filter((one) => !isNotice(one))) this.#say(key);
    for (const alert of this.#alerts.values()) {
      if (alert.over === null || alert.tracks.some(({ knows }) => knows === 'open')) continue;
      this.#alerts.delete(alert.facts.key);
      this.#ended.push(alert);
    }
    for (const [key, group] of this.#groups) this.#flush(key, group);
  }

  result(): Routed {
    const alerts = this.#alerts;
    const state = { alerts, groups: this.#groups, monitors: this.#monitors };
    return { state, sends: this.#sends, ended: this.#ended, nextAtMs: this.#nextAtMs() };
  }

  /** Null where there is nothing to say. */
  #begin({ id, step, facts }: News): AlertState | null {
    const { atMs, config } = this.#around;
    if (step === 'acknowledged') return null;
    const tracks = tracksOf(facts, config);
    const alert = { facts, openedAtMs: atMs, newest: id, acknowledged: null, over: null, tracks };
    if (step !== 'resolved') return alert;
    // Its beginning was told by a release that kept no account of it.
    const heard = tracks.filter(({ afterMs }) => afterMs === 0);
    return {
      ...alert,
      over: { id, atMs },
      tracks: heard.map((track) => ({ ...track, knows: 'open', told: id })),
    };
  }

  #continue(alert: AlertState, { id, step, facts }: News): AlertState | null {
    const { atMs, config } = this.#around;
    switch (step) {
      case 'opened':
      case 'updated':
        if (alert.over !== null && step === 'updated') return null;
        return {
          ...namedAnew(alert, facts, config, atMs),
          ...{ facts, newest: id, over: null },
        };
      case 'acknowledged':
        if (alert.over !== null) return null;
        return { ...alert, acknowledged: alert.acknowledged ?? ackOf(alert, id, atMs) };
      case 'resolved':
        return { ...alert, over: alert.over ?? { id, atMs } };
    }
  }

  #put(alert: AlertState): void {
    this.#alerts.set(alert.facts.key, alert);
    this.#noteDown(alert);
  }

  #noteDown(alert: AlertState): void {
    const { key, kind, monitor } = alert.facts;
    if (kind !== 'incident' || monitor === null) return;
    if (saysDown(alert)) this.#down.set(monitor.id, key);
    else if (this.#down.get(monitor.id) === key) this.#down.delete(monitor.id);
  }

  /** It is not down any more, be it over or partial: what depends on it takes its time to follow. */
  #noteRecovery(before: AlertState, after: AlertState): void {
    const { kind, monitor } = after.facts;
    if (kind !== 'incident' || monitor === null) return;
    if (!saysDown(before) || saysDown(after)) return;
    const memory = this.#monitors.get(monitor.id) ?? CALM;
    this.#monitors.set(monitor.id, { ...memory, recoveredAtMs: this.#around.atMs });
  }

  /** Of an incident: the monitor may flap. */
  #noteChange({ facts }: AlertState, news: News, known: AlertState | undefined): void {
    const { atMs } = this.#around;
    if (facts.kind !== 'incident' || facts.monitor === null) return;
    const { id } = facts.monitor;
    const before = this.#monitors.get(id) ?? CALM;
    const after = noteChange(before, { news: news.id, isTurn: isTurn(news, known) }, atMs);
    this.#monitors.set(id, after);
    if (before.flappingSinceMs === null && after.flappingSinceMs !== null) {
      this.#beginFlapping(flappingFacts(facts, id), news.id);
    }
  }

  #beginFlapping(facts: AlertFacts, news: number): void {
    const { atMs, config } = this.#around;
    const known = this.#alerts.get(facts.key);
    // Where its end was not told yet, nothing has changed for those who know that it flaps.
    const tracks =
      known?.tracks.map((one) => (one.knows === 'open' ? { ...one, told: news } : anew(one))) ??
      noticeTracks(tracksOf(facts, config));
    this.#put({ facts, openedAtMs: atMs, newest: news, acknowledged: null, over: null, tracks });
    this.#say(facts.key);
  }

  /** Told in the words of its last incident: those of its first may be forgotten by now. */
  #endFlapping(monitor: string, { lastTurn }: MonitorMemory): void {
    const alert = this.#alerts.get(flappingKey(monitor));
    if (alert === undefined) return;
    this.#put({ ...alert, over: { id: lastTurn ?? alert.newest, atMs: this.#around.atMs } });
  }

  #say(key: string): void {
    const alert = this.#alerts.get(key);
    if (alert === undefined) return;
    const hold = alert.over === null ? holdOfAlert(alert, this.#around) : null;
    const tracks = alert.tracks.map((track) => {
      const spoken = speak(alert, track, hold, this.#around);
      for (const step of spoken.steps) this.#queue(alert, spoken.track, step);
      return spoken.track;
    });
    const isSame = tracks.every((track, i) => track === alert.tracks[i]);
    if (!isSame) this.#alerts.set(key, { ...alert, tracks });
  }

  #queue(alert: AlertState, track: Track, step: Send['items'][number]['step']): void {
    const { atMs } = this.#around;
    const { facts, newest, acknowledged, over } = alert;
    const news =
      step === 'resolved' ? over?.id : step === 'acknowledged' ? acknowledged?.id : newest;
    const item = { alert: facts.key, step, news: news ?? newest };
    this.#groups.set(track.group, withItem(this.#groups.get(track.group), track, item, atMs));
    const isOfFlapping = facts.kind === 'flapping';
    if (facts.monitor === null || (facts.kind !== 'incident' && !isOfFlapping)) return;
    if (step === 'reminder' || step === 'acknowledged') return;
    const { id } = facts.monitor;
    const before = this.#monitors.get(id) ?? CALM;
    const after = noteNotice(before, track.channel, isOfFlapping, atMs);
    if (after !== before) this.#monitors.set(id, after);
  }

  #flush(key: string, group: GroupState): void {
    const { atMs, config } = this.#around;
    const { readyAtMs, sentAtMs, intervalMs, channel } = group;
    if (readyAtMs !== null && readyAtMs <= atMs) {
      const maxItems = config.channels.get(channel)?.maxItems ?? DEFAULT_MAX_ITEMS;
      this.#sends.push(...messagesOf(group, maxItems));
      this.#groups.set(key, { ...group, sentAtMs: atMs, readyAtMs: null, pending: [] });
    } else if (readyAtMs === null && (sentAtMs ?? 0) + intervalMs <= atMs) {
      this.#groups.delete(key);
    }
  }

  #nextAtMs(): number | null {
    const times = [
      ...[...this.#groups.values()].map(({ readyAtMs }) => readyAtMs),
      ...[...this.#monitors.values()].map(calmAt),
      ...[...this.#alerts.values()].flatMap((alert) =>
        alert.tracks
          .filter((track) => isToHear(alert, track))
          .flatMap((track) => [track.held?.untilMs ?? null, nextReminder(alert, track)]),
      ),
    ];
    const next = times.reduce((a: number, b) => Math.min(a, b ?? Infinity), Infinity);
    return next === Infinity ? null : next;
  }
}

/** Whether an incident begins or ends by this. */
function isTurn({ step }: News, known: AlertState | undefined): boolean {
  if (step === 'resolved') return known?.over === null;
  return step !== 'acknowledged' && (known === undefined || known.over !== null);
}

/** A turn, or another verdict. */
function isChange(news: News, known: AlertState | undefined): boolean {
  return isTurn(news, known) || news.step === 'updated';
}

function saysDown({ facts: { verdict }, over }: AlertState): boolean {
  return over === null && verdict === 'down';
}

/** What held back those who never hear of it says nothing of when to look again. */
function isToHear({ over }: AlertState, { knows }: Track): boolean {
  return over === null || knows === 'open';
}

function nextReminder({ over, acknowledged }: AlertState, track: Track): number | null {
  const isReminded = over === null && acknowledged === null && track.knows === 'open';
  // What holds it says when it can go on.
  return isReminded && track.held === null ? reminderAt(track) : null;
}

/** It is said at once, once, and with its end. */
function noticeTracks(tracks: readonly Track[]): Track[] {
  const first = tracks.filter(({ afterMs }) => afterMs === 0);
  return (first.length > 0 ? first : tracks).map((track) => ({
    ...track,
    ...{ afterMs: 0, remindEveryMs: null, onResolve: true },
  }));
}
