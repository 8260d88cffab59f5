/**
 * The text form of assertions, and back.
 *
 *     assertion  = "status" ( comparison integer | [ "not" ] "in" codes )
 *                | "latency" [ "." phase ] comparison duration
 *                | ( "body" | "tls.cipher" | "dns.answers" ) textual
 *                | "header(" name ")" ( textual | presence )
 *                | "json(" path ")" ( comparison literal | textual | presence )
 *                | "jsonSchema(" JSON object ")"
 *                | "size" comparison size          ; 100, 100B, 5kB, 5KiB, 1MB, 1MiB
 *                | "sha256" equality string
 *                | "cert.daysLeft" comparison integer
 *                | "tls.version" comparison string ; "1.2" or "TLSv1.2"
 *                | "dns.count" comparison integer
 *                | "dns.rcode" equality ( string | word )
 *                | "loss" comparison integer [ "%" ]
 *     codes      = code *( "," code )
 *     code       = integer | integer ".." integer | ( "1" - "5" ) "xx"
 *     phase      = "total" | "resolve" | "connect" | "tls" | "processing" | "transfer"
 *     comparison = equality | "<" | "<=" | ">" | ">="
 *     equality   = "==" | "!="
 *     textual    = ( equality | [ "not" ] ( "contains" | "matches" ) ) string
 *     presence   = [ "not" ] "exists"
 *     literal    = string | number | "true" | "false" | "null"
 *     string     = a JSON string, or the same between single quotes
 *
 * Recursive descent over one cursor; every error names the column and what was expected there.
 */
import {
  type Assertion,
  COMPARISONS,
  type Comparison,
  type JsonLiteral,
  LATENCY_PHASES,
  type LatencyPhase,
  type StatusRange,
  TLS_VERSIONS,
} from './assertion.ts';
import { Cursor } from './assertion-cursor.ts';
import { formatDuration, parseDuration } from './duration.ts';

type TlsVersion = (typeof TLS_VERSIONS)[number];
type Rule = (cursor: Cursor) => Assertion;

/** One rule for each subject, by the word an assertion starts with. */
const RULES: Readonly<Record<string, Rule>> = {
  status: statusRule,
  latency: (cursor) => latencyRule(cursor, 'total'),
  ...Object.fromEntries(
    LATENCY_PHASES.map((phase): [string, Rule] => [
      `latency.${phase}`,
      (cursor) => latencyRule(cursor, phase),
    ]),
  ),
  body: (cursor) => ({ subject: 'body', ...textual(cursor) }),
  header: headerRule,
  json: jsonRule,
  jsonSchema: (cursor) => ({ subject: 'jsonSchema', schema: schemaText(cursor) }),
  size: (cursor) => ({ subject: 'size', op: comparison(cursor), value: size(cursor) }),
  sha256: sha256Rule,
  'cert.daysLeft': (cursor) => numeric(cursor, 'cert.daysLeft'),
  'tls.version': (cursor) => ({
    subject: 'tls.version',
    op: comparison(cursor),
    value: tlsVersion(cursor),
  }),
  'tls.cipher': (cursor) => ({ subject: 'tls.cipher', ...textual(cursor) }),
  'dns.answers': (cursor) => ({ subject: 'dns.answers', ...textual(cursor) }),
  'dns.count': (cursor) => numeric(cursor, 'dns.count'),
  'dns.rcode': (cursor) => ({
    subject: 'dns.rcode',
    op: equality(cursor),
    value: cursor.take(/[A-Z0-9]{2,16}/y, 'a response code such as NOERROR', { quotable: true }),
  }),
  loss: lossRule,
};

/**
 * Parses one assertion. `where` is the JSON pointer of the text, for the error.
 *
 * Throws `assertion.invalid`, with the column (from 1) and what was expected there. Regular
 * expressions, JSON paths and schemas are taken as they stand: `validateCheck` of the probes
 * package compiles them.
 */
export function parseAssertion(text: string, where?: string): Assertion {
  const cursor = new Cursor(text, where);
  const word = cursor.peekMatch(/[A-Za-z][\w.]*/y);
  const rule = word !== null && Object.hasOwn(RULES, word) ? RULES[word] : undefined;
  if (word === null || rule === undefined) {
    throw cursor.expected(`one of ${Object.keys(RULES).join(', ')}`);
  }
  cursor.skip(word);
  const assertion = rule(cursor);
  cursor.end();
  return assertion;
}

/** The file that `jsonSchema(file.json)` names; null for any other assertion. */
export function schemaFileOf(text: string): string | null {
  return /^\s*jsonSchema\(\s*([^{}"'()]+?)\s*\)\s*$/.exec(text)?.[1] ?? null;
}

function statusRule(cursor: Cursor): Assertion {
  const negated = cursor.tryWord('not');
  if (negated || cursor.peekMatch(/in\b/y) !== null) {
    cursor.word('in');
    return { subject: 'status', op: negated ? 'not in' : 'in', value: statusRanges(cursor) };
  }
  return numeric(cursor, 'status');
}

function statusRanges(cursor: Cursor): StatusRange[] {
  const ranges: StatusRange[] = [];
  do {
    const text = cursor.take(
      /[1-9]\d\d\s*\.\.\s*[1-9]\d\d|[1-9]\d\d(?!\d)|[1-5]xx/y,
      'a status (200), a range (200..299) or a class (2xx)',
    );
    if (text.endsWith('xx')) {
      const from = Number(text[0]) * 100;
      ranges.push({ from, to: from + 99 });
    } else {
      const [from = 0, to = from] = text.split('..').map(Number);
      if (to < from) throw cursor.expected('a range that does not end before it starts', text);
      ranges.push({ from, to });
    }
  } while (cursor.trySymbol(','));
  return ranges;
}

function latencyRule(cursor: Cursor, phase: LatencyPhase): Assertion {
  const op = comparison(cursor);
  const text = cursor.take(
    /(?:\d+(?:\.\d+)?(?:ms|[smhd]))+/y,
    'a duration with its unit, such as 800ms or 1.5s',
  );
  return { subject: 'latency', phase, op, value: parseDuration(text) };
}

function headerRule(cursor: Cursor): Assertion {
  const name = cursor.argument('a header name').toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) {
    throw cursor.expected('a header name between the parentheses', name);
  }
  const present = presence(cursor);
  return present === null
    ? { subject: 'header', name, ...textual(cursor) }
    : { subject: 'header', name, op: present };
}

function jsonRule(cursor: Cursor): Assertion {
  const path = cursor.argument('a JSON path');
  if (!path.startsWith('$')) throw cursor.expected('a JSON path that starts with $', path);
  const present = presence(cursor);
  if (present !== null) return { subject: 'json', path, op: present };
  const op = cursor.peekMatch(/==|!=|<|>/y);
  if (op !== null) {
    return { subject: 'json', path, op: comparison(cursor), value: literal(cursor) };
  }
  const { op: textOp, value } = textual(cursor);
  // The comparison above has taken `==` and `!=`.
  if (textOp === '==' || textOp === '!=') throw cursor.expected('an operator');
  return { subject: 'json', path, op: textOp, value };
}

function schemaText(cursor: Cursor): string {
  const text = cursor.argument('a JSON schema');
  if (!text.startsWith('{')) {
    throw cursor.expected(
      'a JSON schema between the parentheses (a file is read in by `trustmonitor apply`)',
      text,
    );
  }
  return text;
}

function sha256Rule(cursor: Cursor): Assertion {
  const op = equality(cursor);
  const value = cursor
    .take(/[0-9a-fA-F]{64}(?![0-9a-fA-F])/y, '64 hexadecimal digits', { quotable: true })
    .toLowerCase();
  return { subject: 'sha256', op, value };
}

function lossRule(cursor: Cursor): Assertion {
  const assertion = numeric(cursor, 'loss');
  cursor.trySymbol('%');
  return assertion;
}

function numeric<S extends 'status' | 'cert.daysLeft' | 'dns.count' | 'loss'>(
  cursor: Cursor,
  subject: S,
): { subject: S; op: Comparison; value: number } {
  const op = comparison(cursor);
  return { subject, op, value: Number(cursor.take(/-?\d{1,9}(?![\d.])/y, 'a whole number')) };
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
};

function size(cursor: Cursor): number {
  const text = cursor.take(
    /\d{1,9}\s*(?:kB|KiB|MB|MiB|B)?(?![\w.])/y,
    'a size such as 512, 100kB or 1MiB',
  );
  const digits = /^\d+/.exec(text)?.[0] ?? '';
  return Number(digits) * (SIZE_UNITS[text.slice(digits.length).trim()] ?? 1);
}

function tlsVersion(cursor: Cursor): TlsVersion {
  const text = cursor.take(/(?:TLSv)?1(?:\.[0-3])?(?![\w.])/y, 'a version from 1.0 to 1.3', {
    quotable: true,
  });
  const digits = text.replace('TLSv', '').replace('1.0', '1');
  const version = TLS_VERSIONS.find((name) => name === `TLSv${digits}`);
  if (version === undefined) throw cursor.expected('a version from 1.0 to 1.3', text);
  return version;
}

function comparison(cursor: Cursor): Comparison {
  const text = cursor.take(/==|!=|<=|>=|<|>/y, `one of ${COMPARISONS.join(' ')}`);
  return text as Comparison;
}

function equality(cursor: Cursor): '==' | '!=' {
  return cursor.take(/==|!=/y, '== or !=') as '==' | '!=';
}

function presence(cursor: Cursor): 'exists' | 'not exists' | null {
  const text = cursor.peekMatch(/(?:not\s+)?exists\b/y);
  if (text === null) return null;
  cursor.skip(text);
  return text.startsWith('not') ? 'not exists' : 'exists';
}

type TextualOperator = '==' | '!=' | 'contains' | 'not contains' | 'matches' | 'not matches';

function textual(cursor: Cursor): { op: TextualOperator; value: string } {
  const text = cursor.take(
    /==|!=|(?:not\s+)?(?:contains|matches)\b/y,
    'one of ==, !=, contains, matches, not contains, not matches',
  );
  return { op: text.replace(/\s+/, ' ') as TextualOperator, value: cursor.string() };
}

function literal(cursor: Cursor): JsonLiteral {
  const expected = 'a string, a number, true, false or null';
  if (cursor.peekMatch(/["']/y) !== null) return cursor.string();
  const text = cursor.take(
    /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b/y,
    expected,
  );
  if (text === 'null') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isSafeInteger(Number(text)) ? Number(text) : { decimal: text };
}

/** Writes an assertion as the text that `parseAssertion` reads back. */
export function formatAssertion(assertion: Assertion): string {
  const subject = formatSubject(assertion);
  if (assertion.subject === 'jsonSchema') return subject;
  if (!('value' in assertion)) return `${subject} ${assertion.op}`;
  return `${subject} ${assertion.op} ${formatValue(assertion)}`;
}

function formatSubject(assertion: Assertion): string {
  switch (assertion.subject) {
    case 'latency':
      return assertion.phase === 'total' ? 'latency' : `latency.${assertion.phase}`;
    case 'header':
      return `header(${assertion.name})`;
    case 'json':
      return `json(${assertion.path})`;
    case 'jsonSchema':
      return `jsonSchema(${assertion.schema})`;
    default:
      return assertion.subject;
  }
}

function formatValue(assertion: Extract<Assertion, { value: unknown }>): string {
  const { subject, value } = assertion;
  if (subject === 'latency') return value === 0 ? '0ms' : formatDuration(value);
  if (Array.isArray(value)) {
    return value.map(({ from, to }) => (from === to ? `${from}` : `${from}..${to}`)).join(', ');
  }
  if (typeof value === 'object' && value !== null) return value.decimal;
  if (subject === 'dns.rcode') return value;
  return JSON.stringify(value);
}
