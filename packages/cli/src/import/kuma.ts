/** Uptime Kuma -> monitors. */
import type { Imported, Draft, Note } from './draft.ts';
import { intervalOf, settle } from './draft.ts';
import { draftProbe } from './kuma-kinds.ts';
import type { KumaSource } from './kuma-source.ts';
import { fieldsOf, given, isTrue, numberOf, orNull, textOf, type Fields } from './values.ts';

export function importKuma({ monitors, notifications }: KumaSource): Imported {
  const notes: Note[] = [];
  const byId = new Map(monitors.map((monitor) => [numberOf(monitor['id']), monitor]));
  const drafts = monitors.flatMap((monitor) => draftMonitor(monitor, byId, notes));
  if (notifications.length > 0) {
    const what = `(${notifications.join(', ')}) are not translated: write \`notifications\` with a webhook`;
    notes.push({ where: 'notifications', what });
  }
  const watched = monitors.filter((one) => isTrue(one['expiry_notification'])).length;
  if (watched > 0) {
    const what = `warnings of ${watched} monitors are not translated: add the assertion cert.daysLeft > 14`;
    notes.push({ where: 'certificate expiry', what });
  }
  return settle(drafts, notes);
}

function draftMonitor(
  monitor: Fields,
  byId: ReadonlyMap<number | null, Fields>,
  notes: Note[],
): Draft[] {
  const type = textOf(monitor['type']) ?? '';
  // A group is a field of what it holds.
  if (type === 'group') return [];
  const name = textOf(monitor['name']) ?? `monitor ${textOf(monitor['id']) ?? ''}`;
  const where = `monitor ${textOf(monitor['id']) ?? '?'} "${name}"`;
  if (isTrue(monitor['upside_down'])) {
    const what = 'was left out: it is upside down, and no monitor is up because nothing answers';
    notes.push({ where, what });
    return [];
  }
  const note = (what: string) => notes.push({ where, what });
  const probe = draftProbe(type, monitor, note);
  if ('why' in probe) {
    note(`was left out: ${probe.why}`);
    return [];
  }
  if (numberOf(monitor['proxy_id'] ?? monitor['proxy']) !== null) {
    note('its proxy was left out: agents use none; run one where the target can be reached');
  }
  const input = { name: name.slice(0, 200), ...generalOf(monitor, byId), ...probe.input };
  return [{ where, input, assertions: probe.assertions }];
}

function generalOf(monitor: Fields, byId: ReadonlyMap<number | null, Fields>): Fields {
  const isPush = monitor['type'] === 'push';
  const seconds = numberOf(monitor['interval']) ?? 60;
  const timeout = numberOf(monitor['timeout']);
  const retries = numberOf(monitor['maxretries']) ?? 0;
  return given({
    group: groupOf(monitor, byId),
    labels: orNull(labelsOf(monitor)),
    enabled: isTrue(monitor['active'] ?? true) ? null : false,
    interval: isPush ? null : intervalOf(seconds),
    timeout: isPush || timeout === null || timeout <= 0 ? null : timeoutOf(timeout, seconds),
    // They call it down after this many failures more.
    confirm: retries < 2 ? null : { rounds: Math.min(20, retries + 1) },
  });
}

function timeoutOf(timeout: number, interval: number): string {
  return `${Math.round(Math.min(timeout, interval, 300) * 1_000)}ms`;
}

/** The names of the groups around it, from the outermost. */
function groupOf(monitor: Fields, byId: ReadonlyMap<number | null, Fields>): string | null {
  const names: string[] = [];
  const seen = new Set<Fields>([monitor]);
  let parent = byId.get(numberOf(monitor['parent']));
  while (parent !== undefined && !seen.has(parent)) {
    seen.add(parent);
    names.unshift(textOf(parent['name']) ?? '');
    parent = byId.get(numberOf(parent['parent']));
  }
  return names.length === 0 ? null : names.join(' / ').slice(0, 200);
}

function labelsOf(monitor: Fields): Fields {
  const tags = Array.isArray(monitor['tags']) ? (monitor['tags'] as unknown[]) : [];
  const labels = tags.map(fieldsOf).flatMap((tag): [string, string][] => {
    const name = textOf(tag['name']);
    return name === null ? [] : [[name.slice(0, 63), (textOf(tag['value']) ?? '').slice(0, 200)]];
  });
  const description = textOf(monitor['description']);
  const own = Object.fromEntries(labels);
  return description === null ? own : { description: description.slice(0, 200), ...own };
}
