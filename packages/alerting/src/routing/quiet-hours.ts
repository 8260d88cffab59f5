/** Quiet hours by the clocks on people's walls, which are turned twice a year. */
import type { QuietHours } from '@trustmonitor/protocol';

const MINUTE_MS = 60_000;
/** Zones change their offset at full quarters of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MINUTES = 1_440;
/** Longer than any quiet time: seven whole days on end have no end. */
const LONGEST_MS = 8 * 86_400_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** When the quiet time that `atMs` is in ends, to the minute; null when it is in none. */
export function quietUntil(quiet: QuietHours, atMs: number): number | null {
  if (!isQuiet(quiet, wallTimeOf(atMs, quiet.timezone))) return null;
  const end = atMs + LONGEST_MS;
  let quarter = atMs - (atMs % QUARTER_MS);
  for (; quarter < end; quarter += QUARTER_MS) {
    // Within a quarter the wall clock runs evenly.
    const wall = wallTimeOf(quarter, quiet.timezone);
    for (let ms = quarter; ms < quarter + QUARTER_MS; ms += MINUTE_MS) {
      if (ms > atMs && !isQuiet(quiet, wall + ms - quarter)) return ms;
    }
  }
  return end;
}

/** As if the wall clock showed UTC, in ms. */
function wallTimeOf(atMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(atMs);
  const [year, month, day, hour, minute] = ORDER.map((type) =>
    Number(parts.find((part) => part.type === type)?.value),
  ) as [number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute);
}

const ORDER = ['year', 'month', 'day', 'hour', 'minute'] as const;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than anything else here. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const numeric = 'numeric' as const;
  const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric };
  const format = new Intl.DateTimeFormat('en-US', {
    ...fields,
    timeZone,
    hourCycle: 'h23',
    calendar: 'gregory',
  });
  formats.set(timeZone, format);
  return format;
}

function isQuiet({ from, to, days }: QuietHours, wallMs: number): boolean {
  const date = new Date(wallMs);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const begin = minutesOf(from);
  const length = (minutesOf(to) - begin + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const since = (minute - begin + DAY_MINUTES) % DAY_MINUTES;
  if (since >= length) return false;
  // What goes over midnight belongs to the day that it began on.
  const began = DAYS[(date.getUTCDay() + (since > minute ? 6 : 0)) % 7];
  return days === undefined || (began !== undefined && days.includes(began));
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
