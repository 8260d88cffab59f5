/** What the protocol finds wrong with a value, in words for whoever wrote the file. */
import { Slug, isTrustMonitorError, type FieldError } from '@trustmonitor/protocol';
import { parsePointer, type Path } from './pointer.ts';
import { schemaAt, type SchemaNode } from './schema-node.ts';

export interface Misfit {
  readonly path: Path;
  readonly what: string;
}

/** Enough for any file written by hand; a generated one shows its pattern by then. */
const MAX_ROUNDS = 100;

/** Stands in for a refused field that cannot be left out, so that the others are checked too. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  id: 'stand-in',
  name: 'stand-in',
  url: 'http://stand-in.invalid/',
  host: 'stand-in.invalid',
  port: 1,
};

/**
 * Everything that `check` refuses in `value`, not the first fault only: what was refused is taken
 * out and the rest is checked again, until nothing more is found.
 *
 * `check` throws an error with fields, or with the pointer of one field in `where`.
 */
export function findMisfits(
  value: unknown,
  schema: SchemaNode,
  check: (value: unknown) => void,
): Misfit[] {
  const found = new Map<string, Misfit>();
  let rest = structuredClone(value);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const fields = refusedBy(check, rest);
    const fresh = fields.filter(({ pointer }) => !found.has(pointer));
    if (fresh.length === 0) break;
    for (const [pointer, details] of byPointer(fresh)) {
      const path = parsePointer(pointer);
      found.set(pointer, { path, what: phrase(details, schemaAt(schema, path), at(rest, path)) });
    }
    rest = without(rest, fields);
  }
  return [...found.values()];
}

function refusedBy(check: (value: unknown) => void, value: unknown): readonly FieldError[] {
  try {
    check(value);
    return [];
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    if (error.fields.length > 0) return error.fields;
    const pointer = error.where ?? '';
    return [{ pointer, detail: [error.message, error.hint].filter(Boolean).join('. ') }];
  }
}

function byPointer(fields: readonly FieldError[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const { pointer, detail } of fields) {
    grouped.set(pointer, [...(grouped.get(pointer) ?? []), detail]);
  }
  return grouped;
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, name) =>
      typeof node === 'object' && node !== null
        ? (node as Record<string, unknown>)[name]
        : undefined,
    value,
  );
}

/** A copy without the refused fields. Members of lists stay, so that the others keep their place. */
function without(value: unknown, fields: readonly FieldError[]): unknown {
  const copy = structuredClone(value);
  for (const { pointer } of fields) {
    const path = parsePointer(pointer);
    const name = path.at(-1);
    const parent = at(copy, path.slice(0, -1));
    if (name === undefined || typeof parent !== 'object' || parent === null) continue;
    const members = parent as Record<string, unknown>;
    if (Array.isArray(parent)) parent.splice(Number(name), 1, standInFor(path));
    else if (path.length === 1 && name in STAND_INS) members[name] = STAND_INS[name];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- A parsed document of ours.
    else delete members[name];
  }
  return copy;
}

function standInFor(path: Path): unknown {
  return path[0] === 'alerts' ? { notify: 'stand-in' } : 'latency < 1s';
}

/** One clause: what is expected, and what was found instead. */
function phrase(
  details: readonly string[],
  schema: SchemaNode | undefined,
  value: unknown,
): string {
  const [detail = 'is not valid'] = details;
  if (detail === 'is required') return detail;
  const expected = expectation(detail, details.length, schema);
  return expected === null ? detail : `${expected}, not ${show(value)}`;
}

/** Null where the detail says it all by itself. */
function expectation(
  detail: string,
  branches: number,
  schema: SchemaNode | undefined,
): string | null {
  const kinds = branches > 1 ? describeBranches(schema) : null;
  if (kinds !== null) return `must be ${kinds}`;
  if (detail.startsWith('must match pattern')) return describePattern(schema?.pattern);
  return WORDS_OF_SCHEMA[detail] ?? (/^must (?:be|not have) /.test(detail) ? detail : null);
}

/** What a JSON Schema validator says, for people who never meant to write JSON Schema. */
const WORDS_OF_SCHEMA: Readonly<Record<string, string>> = {
  'must be string': 'must be text',
  'must be number': 'must be a number',
  'must be integer': 'must be a whole number',
  'must be boolean': 'must be true or false',
  'must be array': 'must be a list',
  'must be object': 'must be a map of keys',
  'must not have fewer than 1 characters': 'must not be empty',
  'must not have fewer than 1 items': 'must not be an empty list',
};

const WORDS_OF_TYPE: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
};

function describeBranches(schema: SchemaNode | undefined): string | null {
  if (schema?.description !== undefined) return sentenceAsClause(schema.description);
  const kinds = new Set(schema?.anyOf?.map(({ type }) => WORDS_OF_TYPE[type ?? ''] ?? 'a value'));
  return kinds.size === 0 ? null : [...kinds].join(' or ');
}

function sentenceAsClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

function describePattern(pattern: string | undefined): string {
  if (pattern === (Slug as SchemaNode).pattern) {
    return 'must be 1 to 63 lower-case letters, digits and dashes, a dash neither first nor last';
  }
  return `must match ${pattern ?? 'its pattern'}`;
}

const SHOWN_CHARACTERS = 60;

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map of keys';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
