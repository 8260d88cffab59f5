/** Windows of maintenance as people write them, in YAML and over the API, and how they are kept. */
import Type, { type Static } from 'typebox';
import { DurationInput, misfit } from './checks/input.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { parserOf } from './parse.ts';
import { Millis, Slug, Strict, Timestamp } from './schema.ts';
import { Selector } from './selector.ts';
import { formatTimestamp } from './time.ts';

/** Stated in public before a window begins: it should not name people. */
const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: String.raw`\S` });

/** What a window does to the figure of an uptime report. */
export const MaintenanceEffect = Type.Enum(['excluded', 'counted'], {
  description: 'Whether its time is left out of the uptime figure; people are not told either way.',
});
export type MaintenanceEffect = Static<typeof MaintenanceEffect>;

const Cron = Type.String({
  minLength: 9,
  maxLength: 100,
  description: 'Five fields: minute, hour, day of the month, month, day of the week.',
  examples: ['0 3 * * 0'],
});
const Timezone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'An IANA name; its changes of the clock are followed.',
  examples: ['Europe/Berlin'],
});
const Instant = Type.String({
  maxLength: 40,
  pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$`,
  description: 'RFC 3339, with Z or an offset.',
});

const When = {
  from: Type.Optional(Instant),
  until: Type.Optional(Instant),
  cron: Type.Optional(Cron),
  duration: Type.Optional(DurationInput),
  timezone: Type.Optional(Timezone),
};
const About = {
  reason: Reason,
  uptime: Type.Optional(MaintenanceEffect),
};

/** Either `from` and `until`, or `cron`, `duration` and `timezone`. */
export const MaintenanceInput = Strict({ id: Slug, selector: Selector, ...When, ...About });
export type MaintenanceInput = Static<typeof MaintenanceInput>;

/** A window that stands inside the monitor that it is about; its id is made of the monitor's. */
export const MonitorMaintenanceInput = Strict({ id: Type.Optional(Slug), ...When, ...About });
export type MonitorMaintenanceInput = Static<typeof MonitorMaintenanceInput>;

export const MaintenanceSchedule = Type.Union([
  Strict({ type: Type.Literal('once'), from: Timestamp, until: Timestamp }),
  Strict({ type: Type.Literal('cron'), cron: Cron, durationMs: Millis, timezone: Timezone }),
]);
export type MaintenanceSchedule = Static<typeof MaintenanceSchedule>;

/** A window as it is kept. */
export const MaintenanceWindow = Strict({
  id: Slug,
  selector: Selector,
  schedule: MaintenanceSchedule,
  reason: Reason,
  uptime: MaintenanceEffect,
});
export type MaintenanceWindow = Static<typeof MaintenanceWindow>;

const MINUTE_MS = 60_000;
const LONGEST_MS = 30 * 86_400_000;

export const maintenanceInputParser = parserOf(MaintenanceInput);

/** Throws `input.invalid` with the field. What a cron expression means is left to who plans it. */
export function completeMaintenance(input: MaintenanceInput): MaintenanceWindow {
  const { id, selector, reason, uptime = 'excluded' } = input;
  return { id, selector, schedule: scheduleOf(input), reason, uptime };
}

/** What a person would have written of a window that is kept. */
export function writtenMaintenance(window: MaintenanceWindow): MaintenanceInput {
  const { id, selector, schedule, reason, uptime } = window;
  const when =
    schedule.type === 'once'
      ? { from: schedule.from, until: schedule.until }
      : {
          cron: schedule.cron,
          duration: formatDuration(schedule.durationMs),
          timezone: schedule.timezone,
        };
  return { id, selector, ...when, reason, ...(uptime === 'counted' ? { uptime } : {}) };
}

function scheduleOf(input: MaintenanceInput): MaintenanceSchedule {
  const { from, until, cron, duration, timezone } = input;
  if (cron === undefined) {
    if (from === undefined) throw misfit('/from', 'or cron is required');
    if (until === undefined) throw misfit('/until', 'is required');
    for (const field of ['duration', 'timezone'] as const) {
      if (input[field] !== undefined) throw misfit(`/${field}`, 'goes with cron only');
    }
    return once(instantAt(from, '/from'), instantAt(until, '/until'));
  }
  for (const field of ['from', 'until'] as const) {
    if (input[field] !== undefined) throw misfit(`/${field}`, 'does not go with cron');
  }
  if (duration === undefined) throw misfit('/duration', 'is required');
  if (timezone === undefined) throw misfit('/timezone', 'is required');
  const durationMs = parseDuration(duration, '/duration');
  requireLength(durationMs, '/duration');
  return { type: 'cron', cron, durationMs, timezone };
}

function once(fromMs: number, untilMs: number): MaintenanceSchedule {
  if (untilMs <= fromMs) throw misfit('/until', 'is not after from');
  requireLength(untilMs - fromMs, '/until');
  return { type: 'once', from: formatTimestamp(fromMs), until: formatTimestamp(untilMs) };
}

function requireLength(ms: number, pointer: string): void {
  if (ms < MINUTE_MS) throw misfit(pointer, 'makes the window shorter than a minute');
  if (ms > LONGEST_MS) throw misfit(pointer, 'makes the window longer than 30 days');
}

/** `NaN` is what the pattern lets through of days that no month has. */
function instantAt(text: string, pointer: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw misfit(pointer, 'is no time of any day');
  return ms;
}
