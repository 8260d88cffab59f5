/** What a story is made of: the same for all that is told, and without any markup. Pure. */
import type { Severity } from '@trustmonitor/alerting';
import type { Timestamp } from '@trustmonitor/protocol';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

export interface Story {
  /** One line: what happened and who agrees. */
  readonly title: string;
  readonly facts: readonly Fact[];
  /** How many more there are, of which nothing is said here. */
  readonly unnamed: number;
  /** HTTP addresses only. */
  readonly links: readonly Link[];
  /** Checks the evidence offline; null where there is none. */
  readonly command: string | null;
  readonly severity: Severity;
  /** What it does to an alert of a receiver that keeps alerts; `pulse`: opened and closed at once. */
  readonly alert: 'open' | 'acknowledge' | 'close' | 'pulse';
  /** Those alerts: the same from the beginning to the end of what the message is about. */
  readonly keys: readonly string[];
  /** What it is about, for lists that are sorted by it. */
  readonly subject: string;
  readonly at: Timestamp;
  readonly since: Timestamp;
}

const MARKS: Readonly<Record<Severity, string>> = {
  critical: '🔴',
  error: '🟠',
  warning: '🟡',
  info: '🔵',
};

/** A sign of how bad it is, which is seen before anything is read. */
export function markOf({ alert, severity }: Story): string {
  return alert === 'close' ? '🟢' : MARKS[severity];
}

/** At most so many lines; where there are more facts the last of them says how many, and where. */
export function factsWithin({ facts, unnamed, links }: Story, max = Infinity): readonly Fact[] {
  if (unnamed === 0 && facts.length <= max) return facts;
  const told = facts.slice(0, max - 1);
  const where = links.length === 0 ? '' : `: see the ${links[0]?.label.toLowerCase()}`;
  return [...told, fact('And', `${facts.length - told.length + unnamed} more${where}`)];
}

export function commonOf(
  { summary, at, since }: { summary: string; at: Timestamp; since: Timestamp },
  isOver: boolean,
): Pick<Story, 'title' | 'unnamed' | 'command' | 'alert' | 'at' | 'since'> {
  const alert = isOver ? 'close' : 'open';
  return { title: summary, unnamed: 0, command: null, alert, at, since };
}

export function fact(label: string, value: string): Fact {
  return { label, value };
}

/** `2026-01-31 12:00:00 UTC` */
export function inWords(at: Timestamp): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}

/** To the second, in the two largest units: `1 h 5 min`. */
export function duration(since: Timestamp, until: Timestamp): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.parse(since)) / 1_000));
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** What an older coordinator wrote has no runbook. */
export function withRunbook(link: Link, { runbook }: { readonly runbook?: string }): Link[] {
  return [link, { label: 'Runbook', url: runbook ?? '' }].filter(({ url }) => isHttp(url));
}

/** Where to click: the monitor's own runbook, or that of the system; empty for none. */
export function runbookOf(of: {
  readonly runbook: string | null;
  readonly links: { readonly runbook?: string };
}): string {
  return of.runbook !== null && isHttp(of.runbook) ? of.runbook : (of.links.runbook ?? '');
}

/** A runbook that is no address is told in words. */
export function runbookFacts(runbook: string | null): Fact[] {
  return runbook === null || isHttp(runbook) ? [] : [fact('Runbook', runbook)];
}

/** A monitor's runbook is any text. */
export function isHttp(url: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url);
}
