/** What was measured of the monitors that objectives are about, in every window that they ask for. */
import {
  BURN_WINDOWS_MS,
  addMeasured,
  gridOf,
  measuredIn,
  startOf,
  type Grid,
  type Measured,
  type Segments,
} from '@trustmonitor/alerting';
import type { ServiceLevel, SliStatus } from '@trustmonitor/protocol';
import { bucketOf } from '../rollup/histogram.ts';
import { grouped } from '../rollup/summary.ts';
import type { Queryable } from '../store/database.ts';
import {
  COUNTED,
  selectAnswerSums,
  selectVerdictSums,
  type AnswerSums,
  type Counted,
  type ExcludedTime,
  type LatencyLimit,
  type VerdictSums,
} from '../store/slo-sums.ts';
import { excludedTimes } from '../uptime/excluded-times.ts';
import type { Objective } from './objectives.ts';

const MINUTE_MS = 60_000;
/** A minute is rolled up about so long after its end. */
const ROLLING_MS = 60_000;

export type Sli = SliStatus['sli'];

/** The end of every window: what came later is not rolled up yet. */
export function settledMs(nowMs: number): number {
  return Math.floor((nowMs - ROLLING_MS) / MINUTE_MS) * MINUTE_MS;
}

export function slisOf({ latency }: ServiceLevel): Sli[] {
  return latency === null ? ['availability'] : ['availability', 'latency'];
}

export interface MeasureOptions {
  readonly nowMs: number;
  /** Whether the objectives' own windows are read too, and not only those that burn rates are of. */
  readonly withBudgets: boolean;
}

export class Measurement {
  readonly grid: Grid;
  readonly #excluded: readonly ExcludedTime[];
  readonly #verdicts: ReadonlyMap<string, readonly VerdictSums[]>;
  readonly #answers: ReadonlyMap<string, readonly AnswerSums[]>;

  constructor(
    grid: Grid,
    excluded: readonly ExcludedTime[],
    verdicts: readonly VerdictSums[],
    answers: readonly AnswerSums[],
  ) {
    this.grid = grid;
    this.#excluded = excluded;
    this.#verdicts = grouped(verdicts, ({ monitor }) => monitor);
    this.#answers = grouped(answers, ({ monitor, bucket }) => `${bucket} ${monitor}`);
  }

  /** Milliseconds for availability, answers for latency. */
  measured(objective: Objective, sli: Sli): (spanMs: number) => Measured {
    const segments = new Map<number, Measured>();
    for (const [segment, measured] of this.#rowsOf(objective, sli)) {
      segments.set(segment, addMeasured([segments.get(segment) ?? NOTHING, measured]));
    }
    return this.#windows(segments);
  }

  /** Milliseconds that were not down: those that answers were given in. */
  answeredMs(objective: Objective): (spanMs: number) => number {
    const level = { ...objective.level, degraded: 'good', partial: 'good' } as const;
    const measured = this.measured({ ...objective, level }, 'availability');
    return (spanMs) => measured(spanMs).good;
  }

  /** Of the window, all the time that could have been measured. */
  possibleMs({ members }: Objective, spanMs: number): number {
    const { toMs } = this.grid;
    const from = startOf(this.grid, spanMs);
    const lived = members.map(({ createdAtMs }) => Math.max(0, toMs - Math.max(from, createdAtMs)));
    const ids = new Set(members.map(({ id }) => id));
    const left = this.#excluded
      .filter(({ monitor }) => ids.has(monitor))
      .map((span) => Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, from)));
    return Math.max(0, sum(lived) - sum(left));
  }

  *#rowsOf({ members, level }: Objective, sli: Sli): Iterable<[number, Measured]> {
    for (const { id } of members) {
      if (sli === 'availability') {
        for (const row of this.#verdicts.get(id) ?? []) {
          yield [row.segment, availabilityOf(row, level)];
        }
      } else {
        for (const row of this.#answers.get(`${limitOf(level)} ${id}`) ?? []) {
          const { all, slow, slowRows: badRounds } = row;
          yield [row.segment, { good: all - slow, bad: slow, badRounds }];
        }
      }
    }
  }

  #windows(segments: Segments): (spanMs: number) => Measured {
    return (spanMs) => measuredIn(segments, this.grid, spanMs);
  }
}

/** An objective, and what is to be measured of it. */
export interface Measurable {
  readonly objective: Objective;
  readonly slis: readonly Sli[];
}

/** What a statement is asked for at once: it reads some hundred rows of each monitor. */
const MONITORS_AT_ONCE = 500;

/** Maintenance that is left out of figures counts for nothing, good and bad alike. */
export async function measure(
  db: Queryable,
  all: readonly Measurable[],
  { nowMs, withBudgets }: MeasureOptions,
): Promise<Measurement> {
  const of = (sli: Sli): Objective[] =>
    all.flatMap(({ objective, slis }) => (slis.includes(sli) ? [objective] : []));
  const budgets = withBudgets ? all.map(({ objective }) => objective.level.windowMs) : [];
  const grid = gridOf(settledMs(nowMs), [...BURN_WINDOWS_MS, ...budgets]);
  const monitors = monitorsOf(of('availability'));
  const excluded = await excludedTimes(db, monitorsOf(all.map(({ objective }) => objective)), {
    fromMs: grid.startsMs[0] ?? grid.toMs,
    toMs: grid.toMs,
  });
  const verdicts: VerdictSums[] = [];
  for (const some of chunks(monitors)) {
    verdicts.push(...(await selectVerdictSums(db, some, { grid, excluded })));
  }
  const answers: AnswerSums[] = [];
  for (const some of chunks(of('latency').flatMap(limitsOf))) {
    answers.push(...(await selectAnswerSums(db, some, { grid, excluded })));
  }
  return new Measurement(grid, excluded, verdicts, answers);
}

function monitorsOf(objectives: readonly Objective[]): string[] {
  return [...new Set(objectives.flatMap(({ members }) => members.map(({ id }) => id)))];
}

export function limitsOf({ level, members }: Objective): LatencyLimit[] {
  const bucket = limitOf(level);
  return bucket === null ? [] : members.map(({ id: monitor }) => ({ monitor, bucket }));
}

/** Latencies are kept in buckets 4 % wide: all of the threshold's own counts as in time. */
function limitOf({ latency }: ServiceLevel): number | null {
  return latency === null ? null : bucketOf(latency.thresholdMs * 1_000);
}

const NOTHING: Measured = { good: 0, bad: 0, badRounds: 0 };

/** The verdicts whose time is spent of the budget. */
export function badVerdictsOf({ degraded, partial }: ServiceLevel): Counted[] {
  const bad: Counted[] = ['down'];
  if (degraded === 'bad') bad.push('degraded');
  if (partial === 'bad') bad.push('partial');
  return bad;
}

function availabilityOf(sums: VerdictSums, level: ServiceLevel): Measured {
  const bad = badVerdictsOf(level);
  const all = sum(COUNTED.map((verdict) => sums[`${verdict}_ms`]));
  const badMs = sum(bad.map((verdict) => sums[`${verdict}_ms`]));
  return { good: all - badMs, bad: badMs, badRounds: sum(bad.map((verdict) => sums[verdict])) };
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MONITORS_AT_ONCE);
  return Array.from({ length: count }, (_, i) =>
    all.slice(i * MONITORS_AT_ONCE, (i + 1) * MONITORS_AT_ONCE),
  );
}
