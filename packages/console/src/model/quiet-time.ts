/** A window of maintenance as a form has it. */
import type { MaintenanceInput, MaintenanceResource } from '@trustmonitor/protocol';
import { ALL_MONITORS, selectorOf, type SelectorText } from './selector.ts';
import { duration } from './words.ts';

export interface WindowText extends SelectorText {
  readonly [name: string]: string;
  readonly id: string;
  readonly reason: string;
  readonly uptime: 'excluded' | 'counted';
  readonly schedule: 'once' | 'cron';
  /** Of a `datetime-local` field, in the reader's zone. */
  readonly from: string;
  readonly until: string;
  readonly cron: string;
  readonly duration: string;
  readonly timezone: string;
}

export const noWindow = (timezone: string): WindowText => ({
  ...ALL_MONITORS,
  ...{ id: '', reason: '', uptime: 'excluded', schedule: 'once' },
  ...{ from: '', until: '', cron: '', duration: '', timezone },
});

export function windowOf(text: WindowText): MaintenanceInput {
  const { id, reason, uptime } = text;
  const when =
    text.schedule === 'once'
      ? { from: instantOf(text.from), until: instantOf(text.until) }
      : { cron: text.cron.trim(), duration: text.duration.trim(), timezone: text.timezone.trim() };
  return { id, selector: selectorOf(text), ...when, reason, uptime };
}

const instantOf = (local: string): string => new Date(local).toISOString();

/** How a window comes back; empty for one that does not. */
export function recurrenceOf({ schedule }: Pick<MaintenanceResource, 'schedule'>): string {
  if (schedule.type === 'once') return '';
  return `${schedule.cron} (${schedule.timezone}), for ${duration(schedule.durationMs)}`;
}
