/** A router to drive by hand: time, incidents, and what each channel has heard. */
import type { Monitor } from '@trustmonitor/protocol';
import {
  NO_ALERTS,
  route,
  type AlertFacts,
  type AlertState,
  type ItemStep,
  type News,
  type RoutingConfig,
  type RoutingState,
} from '../../src/index.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** A Wednesday, 12:00 UTC. */
export const T0 = Date.parse('2026-01-07T12:00:00Z');

export interface Heard {
  readonly atMs: number;
  readonly channel: string;
  readonly alert: string;
  readonly step: ItemStep;
  readonly news: number;
  /** Number of the message that it was in. */
  readonly message: number;
}

type Facts = Partial<Omit<AlertFacts, 'monitor'>> & { monitor?: Partial<Monitor> };

export class Bench {
  state: RoutingState = NO_ALERTS;
  atMs = T0;
  nextAtMs: number | null = null;
  config: RoutingConfig;
  readonly heard: Heard[] = [];
  readonly ended: AlertState[] = [];
  #news = 0;
  #messages = 0;

  /** With channels `ops` and `team`, and nothing put together unless the test says so. */
  constructor(config: Partial<RoutingConfig> = {}) {
    this.config = {
      tree: { groupIntervalMs: 0 },
      channels: new Map(['ops', 'team'].map((id) => [id, { maxItems: 100 }])),
      silences: [],
      regionsOut: new Map(),
      mutesOf: () => [],
      ...config,
    };
  }

  set(config: Partial<RoutingConfig>): void {
    this.config = { ...this.config, ...config };
  }

  /** Something happens to alerts, now. */
  tell(...some: readonly (readonly [News['step'], string, Facts?])[]): void {
    this.#turn(
      some.map(([step, key, facts = {}]) => {
        this.#news += 1;
        return { id: this.#news, step, facts: factsOf(key, facts) };
      }),
    );
  }

  open(key: string, facts: Facts = {}): void {
    this.tell(['opened', key, facts]);
  }

  resolve(key: string, facts: Facts = {}): void {
    this.tell(['resolved', key, { verdict: 'up', ...facts }]);
  }

  /** Time passes, as the router asks to be called. */
  wait(ms: number): void {
    const until = this.atMs + ms;
    let due = this.nextAtMs ?? Infinity;
    while (due <= until) {
      this.atMs = Math.max(this.atMs, due);
      const next = this.#turn([]);
      if (next <= due) throw new Error(`it asks again for ${new Date(due).toISOString()}`);
      due = next;
    }
    this.atMs = until;
    this.#turn([]);
  }

  /** `ops opened a`, ... since the last time it was asked. */
  said(): string[] {
    const words = this.heard.map(({ channel, step, alert }) => `${channel} ${step} ${alert}`);
    this.heard.length = 0;
    return words;
  }

  get messages(): number {
    return this.#messages;
  }

  holdOf(key: string, channel = 'ops') {
    const alert = this.state.alerts.get(key);
    return alert?.tracks.find((track) => track.channel === channel)?.held ?? null;
  }

  /** When it is to be called again. */
  #turn(news: readonly News[]): number {
    // Stored and read again, as it is between two turns.
    const { atMs } = this;
    const routed = route(this.state, { atMs, news }, this.config);
    this.state = {
      alerts: revived(routed.state.alerts),
      groups: revived(routed.state.groups),
      monitors: revived(routed.state.monitors),
    };
    this.nextAtMs = routed.nextAtMs;
    this.ended.push(...routed.ended);
    for (const { channel, items } of routed.sends) {
      this.#messages += 1;
      const message = this.#messages;
      this.heard.push(...items.map((item) => ({ ...item, atMs, channel, message })));
    }
    return routed.nextAtMs ?? Infinity;
  }
}

function revived<T>(map: ReadonlyMap<string, T>): Map<string, T> {
  return new Map(JSON.parse(JSON.stringify([...map])) as [string, T][]);
}

function factsOf(key: string, { monitor, ...facts }: Facts = {}): AlertFacts {
  return {
    key,
    kind: 'incident',
    monitor: { id: key.split('#')[0] ?? key, group: null, labels: {}, ...monitor },
    severity: 'critical',
    verdict: 'down',
    regionsDown: ['eu', 'us'],
    dependsOn: [],
    settleMs: 65 * SECOND,
    alerts: null,
    ...facts,
  };
}
