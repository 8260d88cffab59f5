/** A configuration of Gatus (gatus.io, version 5) -> monitors. */
import { TrustMonitorError, formatDuration } from '@trustmonitor/protocol';
import { LineCounter, parseDocument } from 'yaml';
import { SourceDocument } from '../monitors-file/document.ts';
import { at } from '../monitors-file/misfits.ts';
import type { Path } from '../monitors-file/pointer.ts';
import { settle, type Draft, type Imported, type Note } from './draft.ts';
import { draftEndpoint } from './gatus-endpoint.ts';
import { milliseconds } from './go-duration.ts';
import { textOf, type Fields } from './values.ts';

/** Sections that people would miss, and what to do instead. */
const SECTIONS: Readonly<Record<string, string>> = {
  alerting: 'is not translated: write `notifications` with a webhook, and `alerts` of the monitors',
  suites: 'is not translated: monitors do not build on each other; write them one by one',
  remote: 'is not translated: import the configuration of each instance by itself',
  maintenance: 'is not translated: pause monitors over the API, or with `enabled: false`',
  tunneling: 'is not translated: run an agent inside the network instead',
};

/** Throws `input.malformed`. */
export function importGatus(file: string, text: string): Imported {
  const source = parse(file, text);
  const notes = Object.entries(SECTIONS).flatMap(([section, what]): Note[] =>
    at(source.value, [section]) === undefined ? [] : [{ where: placeOf(source, [section]), what }],
  );
  const drafts = [
    ...listOf(source, 'endpoints').flatMap(({ fields, where }) =>
      draftEndpoint(fields, where, notes),
    ),
    ...listOf(source, 'external-endpoints').flatMap(({ fields, where }) =>
      draftExternal(fields, where, notes),
    ),
  ];
  return settle(drafts.map(withOurReferences), notes, asIfSet);
}

function parse(file: string, text: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new TrustMonitorError('input.malformed', `${file} is not YAML: ${error.message}`, {
      where: `${file}:${line}:${col}`,
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 1_000 });
  if (at(value, ['endpoints']) ?? at(value, ['external-endpoints'])) {
    return new SourceDocument(file, document, lines, value, []);
  }
  throw new TrustMonitorError('input.malformed', `${file} has no endpoints`, {
    where: file,
    hint: 'name the configuration file of Gatus; import each file of a folder by itself',
  });
}

interface Listed {
  readonly fields: Fields;
  readonly where: string;
}

function listOf(source: SourceDocument, section: string): Listed[] {
  const items = at(source.value, [section]);
  return (Array.isArray(items) ? items : []).flatMap((item: unknown, i): Listed[] => {
    if (typeof item !== 'object' || item === null) return [];
    const fields = item as Fields;
    const where = placeOf(source, [section, String(i)]);
    return [{ fields, where: `${where} ${textOf(fields['name']) ?? 'without a name'}` }];
  });
}

function placeOf(source: SourceDocument, path: Path): string {
  const { file, line, column } = source.placeOf(path);
  return `${file}:${line}:${column}`;
}

/** What reports in by itself. */
function draftExternal(fields: Fields, where: string, notes: Note[]): Draft[] {
  const name = textOf(fields['name']) ?? '';
  const ms = milliseconds(textOf(at(fields, ['heartbeat', 'interval'])) ?? '');
  if (ms === null || ms < 1_000) {
    const what = 'was left out: it has no heartbeat.interval to expect reports in';
    notes.push({ where, what: `${what}; write a monitor of type heartbeat with its period` });
    return [];
  }
  notes.push({ where, what: 'reports to another address now: see `pingUrl` of the monitor' });
  const group = textOf(fields['group']);
  const input = {
    name,
    ...(group === null ? {} : { group }),
    ...(fields['enabled'] === false ? { enabled: false } : {}),
    type: 'heartbeat',
    heartbeat: { period: formatDuration(ms) },
  };
  return [{ where, input, assertions: [] }];
}

/** `$NAME` and `$$` of theirs are `${NAME}` and a plain dollar sign of ours. */
function withOurReferences(draft: Draft): Draft {
  return mapTexts(draft, (text) =>
    text.replace(/\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{/g, (whole, name?: string) => {
      if (name !== undefined) return `\${${name}}`;
      return whole === '$$' ? '$' : whole;
    }),
  ) as Draft;
}

/** A reference is checked as if it stood for what is usual there. */
function asIfSet(input: unknown): unknown {
  return mapTexts(input, (text) =>
    text.replace(/^\$\{[^}]*\}(?=$|[/:])/, 'https://stand-in.invalid').replace(/\$\{[^}]*\}/g, '1'),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]),
  );
}
