/** One assertion against the answer. */
import {
  type Assertion,
  type Comparison,
  type JsonLiteral,
  type Phases,
  type TextOperator,
  TLS_VERSIONS,
} from '@trustmonitor/protocol';
import type { Run } from '../run.ts';
import type { Document } from './document.ts';
import { compileSchema, type JSONValue, matches, select } from './engines.ts';

const DAY_MS = 86_400_000;

/** An assertion that does not hold: what was there instead, and in which part of the answer. */
export interface Finding {
  readonly actual: string;
  readonly where: string;
}

type About<S extends Assertion['subject']> = Extract<Assertion, { subject: S }>;

/** Null when the assertion holds. */
export function inspect(assertion: Assertion, run: Run): Finding | null {
  const { answer, document } = run;
  switch (assertion.subject) {
    case 'status':
      return inspectStatus(assertion, answer.status);
    case 'latency':
      return inspectLatency(assertion, run);
    case 'body':
      return inspectText(assertion, document.text, 'the content');
    case 'header':
      return inspectHeader(assertion, answer.headers.get(assertion.name));
    case 'json':
      return inspectJson(assertion, document);
    case 'jsonSchema':
      return inspectSchema(assertion, document);
    case 'size':
      return inspectNumber(assertion, answer.contentBytes, 'the size in bytes');
    case 'sha256':
      return inspectText(assertion, answer.contentSha256, 'the SHA-256 of the content');
    case 'cert.daysLeft':
      return inspectNumber(assertion, daysLeft(answer.certificateExpiresAtMs), 'days left');
    case 'tls.version':
      return inspectTlsVersion(assertion, answer.tlsVersion);
    case 'tls.cipher':
      return inspectText(assertion, answer.tlsCipher, 'the cipher');
    case 'dns.answers':
      return inspectAnswers(assertion, answer.dns?.answers ?? []);
    case 'dns.count':
      return inspectNumber(assertion, answer.dns?.answers.length ?? 0, 'the number of answers');
    case 'dns.rcode':
      return inspectText(assertion, answer.dns?.rcode ?? null, 'the response code');
    case 'loss':
      return inspectNumber(assertion, answer.lossPercent, 'the loss in percent');
  }
}

function inspectStatus(assertion: About<'status'>, status: number | null): Finding | null {
  if (!Array.isArray(assertion.value)) {
    return inspectNumber(
      { op: assertion.op as Comparison, value: assertion.value },
      status,
      'the status',
    );
  }
  const inside = assertion.value.some(
    ({ from, to }) => status !== null && status >= from && status <= to,
  );
  const holds = inside === (assertion.op === 'in') && status !== null;
  return holds ? null : { where: 'the status', actual: String(status) };
}

function inspectLatency({ phase, op, value }: About<'latency'>, run: Run): Finding | null {
  const key: keyof Phases = `${phase}Us`;
  const actualUs = phase === 'total' ? run.elapsedUs() : run.phases[key];
  const where = phase === 'total' ? 'the latency' : `the latency of ${phase}`;
  if (actualUs === null) return { where, actual: 'not measured: there was no such phase' };
  const actualMs = actualUs / 1_000;
  return compare(op, actualMs, value) ? null : { where, actual: `${actualMs.toFixed(1)}ms` };
}

function inspectNumber(
  { op, value }: { readonly op: Comparison; readonly value: number },
  actual: number | null,
  where: string,
): Finding | null {
  return actual !== null && compare(op, actual, value)
    ? null
    : { where, actual: actual === null ? 'missing' : String(actual) };
}

function inspectText(
  { op, value }: { readonly op: TextOperator; readonly value: string },
  actual: string | null,
  where: string,
): Finding | null {
  if (actual === null) return { where, actual: 'missing' };
  if (textHolds(op, actual, value)) return null;
  return { where, actual: actual === '' ? 'empty' : JSON.stringify(actual.slice(0, 400)) };
}

function textHolds(op: TextOperator, actual: string, value: string): boolean {
  switch (op) {
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    case 'contains':
      return actual.includes(value);
    case 'not contains':
      return !actual.includes(value);
    case 'matches':
      return matches(value, actual);
    case 'not matches':
      return !matches(value, actual);
  }
}

function inspectHeader(assertion: About<'header'>, actual: string | undefined): Finding | null {
  const where = `header ${assertion.name}`;
  const present = actual !== undefined;
  if (!('value' in assertion)) {
    if (present === (assertion.op === 'exists')) return null;
    return { where, actual: present ? JSON.stringify(actual.slice(0, 400)) : 'missing' };
  }
  // A header that is not there has no value that would be wrong.
  const negative = assertion.op === '!=' || assertion.op.startsWith('not ');
  if (!present && negative) return null;
  return inspectText(assertion, actual ?? null, where);
}

/** Every value that the path selects must satisfy the assertion, and there must be one. */
function inspectJson(assertion: About<'json'>, document: Document): Finding | null {
  const where = assertion.path;
  if (document.json === null) return { where, actual: notJson(document) };
  const values = select(assertion.path, document.json.value);
  const present = values.length > 0;
  if (!('value' in assertion)) {
    if (present === (assertion.op === 'exists')) return null;
    return { where, actual: present ? show(values[0]) : 'missing' };
  }
  if (!present) return { where, actual: 'missing' };
  const wrong = values.find((value) => !jsonHolds(assertion, value));
  return wrong === undefined ? null : { where, actual: show(wrong) };
}

function jsonHolds(
  assertion: Extract<About<'json'>, { value: unknown }>,
  actual: JSONValue,
): boolean {
  switch (assertion.op) {
    case 'contains':
      return jsonContains(actual, assertion.value);
    case 'not contains':
      return !jsonContains(actual, assertion.value);
    case 'matches':
      return matches(assertion.value, asText(actual));
    case 'not matches':
      return !matches(assertion.value, asText(actual));
    default:
      return compareJson(assertion.op, actual, plain(assertion.value));
  }
}

/** In a list: one of its items; else: a part of the text. */
function jsonContains(actual: JSONValue, value: string): boolean {
  return Array.isArray(actual)
    ? actual.some((item) => asText(item) === value)
    : asText(actual).includes(value);
}

/** Order is for two numbers or two strings; anything else can only be equal or not. */
function compareJson(
  op: Comparison,
  actual: JSONValue,
  value: string | number | boolean | null,
): boolean {
  if (op === '==') return actual === value;
  if (op === '!=') return actual !== value;
  if (typeof actual === 'number' && typeof value === 'number') return compare(op, actual, value);
  return typeof actual === 'string' && typeof value === 'string' && compare(op, actual, value);
}

function plain(literal: JsonLiteral): string | number | boolean | null {
  return typeof literal === 'object' && literal !== null ? Number(literal.decimal) : literal;
}

function asText(value: JSONValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inspectSchema(assertion: About<'jsonSchema'>, document: Document): Finding | null {
  if (document.json === null) return { where: 'the content', actual: notJson(document) };
  const misfit = compileSchema(assertion.schema)(document.json.value);
  return misfit === null ? null : { where: 'the content', actual: misfit };
}

function inspectTlsVersion(
  { op, value }: About<'tls.version'>,
  actual: string | null,
): Finding | null {
  const rank = TLS_VERSIONS.findIndex((version) => version === actual);
  const holds = rank >= 0 && compare(op, rank, TLS_VERSIONS.indexOf(value));
  return holds ? null : { where: 'the TLS version', actual: actual ?? 'missing' };
}

/** Names in answers are equal whatever their case and with or without the last dot. */
function inspectAnswers(
  { op, value }: About<'dns.answers'>,
  answers: readonly string[],
): Finding | null {
  const one = normalAnswer(value);
  const normal = answers.map(normalAnswer);
  const listed = [...new Set(value.split(',').map(normalAnswer))].toSorted().join(',');
  const same = [...new Set(normal)].toSorted().join(',') === listed;
  const holds = {
    '==': () => same,
    '!=': () => !same,
    contains: () => normal.includes(one),
    'not contains': () => !normal.includes(one),
    matches: () => answers.some((answer) => matches(value, answer)),
    'not matches': () => !answers.some((answer) => matches(value, answer)),
  }[op]();
  return holds
    ? null
    : { where: 'the answers', actual: answers.length === 0 ? 'none' : answers.join(', ') };
}

function normalAnswer(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, '');
}

function daysLeft(expiresAtMs: number | null): number | null {
  return expiresAtMs === null ? null : Math.floor((expiresAtMs - Date.now()) / DAY_MS);
}

function compare<T extends number | string>(op: Comparison, actual: T, value: T): boolean {
  switch (op) {
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
  }
}

function notJson(document: Document): string {
  return document.text === '' ? 'empty' : `not JSON: ${document.text.slice(0, 200)}`;
}

function show(value: JSONValue | undefined): string {
  return JSON.stringify(value).slice(0, 400);
}
