/** What a schema validator says of a value, in words for whoever wrote the file. */
import { OwnerName, Slug } from '@trustmonitor/protocol';
import type { Path } from './pointer.ts';
import { branchesOf, type SchemaNode } from './schema-node.ts';

/** One value and what the validator says of it: one detail, or one for each branch of a union. */
export interface Refusal {
  readonly path: Path;
  readonly details: readonly string[];
  readonly schema: SchemaNode | undefined;
  readonly value: unknown;
}

/** One clause: what is expected and, where that helps, what was found instead. */
export function phrase(refusal: Refusal): string {
  const detail = mostSpecific(refusal.details);
  if (detail === null) return withFound(`must be ${describeUnion(refusal.schema)}`, refusal);
  const alone = COMPLETE[detail];
  if (alone !== undefined) return alone;
  const expected = inWords(detail, refusal.schema);
  return expected === null ? detail : withFound(expected, refusal);
}

/** Null where each branch of a union wants another type than the value has. */
function mostSpecific([first = 'is not valid', ...others]: readonly string[]): string | null {
  if (others.length === 0) return first;
  const isAboutType = (detail: string) => detail in WRONG_TYPE || detail.includes('anyOf');
  return [first, ...others].find((detail) => !isAboutType(detail)) ?? null;
}

/** These need no word about what was found. */
const COMPLETE: Readonly<Record<string, string>> = {
  'must not have fewer than 1 characters': 'must not be empty',
  'must not have fewer than 1 items': 'must not be an empty list',
};

const WRONG_TYPE: Readonly<Record<string, string>> = {
  'must be string': 'must be text',
  'must be number': 'must be a number',
  'must be integer': 'must be a whole number',
  'must be boolean': 'must be true or false',
  'must be array': 'must be a list',
  'must be object': 'must be a map of keys',
};

const TYPE_IN_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
};

/** Null where the detail is of our own making and says it all. */
function inWords(detail: string, schema: SchemaNode | undefined): string | null {
  const bound = /^must be ([<>]=) (.+)$/.exec(detail);
  if (bound !== null) return `must be at ${bound[1] === '>=' ? 'least' : 'most'} ${bound[2] ?? ''}`;
  if (detail === 'must be equal to constant') return `must be ${JSON.stringify(schema?.const)}`;
  const pattern = /^must match pattern "(.*)"$/.exec(detail)?.[1];
  if (pattern !== undefined) return PATTERNS[pattern] ?? `must match ${pattern}`;
  return WRONG_TYPE[detail] ?? (/^must (?:be one of|not have) /.test(detail) ? detail : null);
}

/** Patterns of the protocol in words. */
const PATTERNS: Readonly<Record<string, string>> = {
  [(Slug as SchemaNode).pattern ?? '']:
    'must be 1 to 63 lower-case letters, digits and dashes, a dash neither first nor last',
  [(OwnerName as SchemaNode).pattern ?? '']:
    'must be 1 to 100 lower-case letters, digits and . _ - /, such as acme/shop',
  '^https?://': 'must start with http:// or https://',
  '^[a-z0-9*](?:[a-z0-9*-]{0,62})$':
    'must be a region, or a pattern such as eu-*, of lower-case letters, digits and dashes',
};

function describeUnion(schema: SchemaNode | undefined): string {
  if (schema?.description !== undefined) return asClause(schema.description);
  const branches = schema === undefined ? [] : branchesOf(schema);
  const kinds = branches.map(({ type }) => TYPE_IN_WORDS[type ?? ''] ?? 'another value');
  return [...new Set(kinds)].join(' or ');
}

function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

function withFound(expected: string, { path, schema, value }: Refusal): string {
  const separator = expected.includes(';') ? '; found' : ', not';
  return `${expected}${separator} ${show(path, schema, value)}`;
}

const SHOWN_CHARACTERS = 60;

/** Parts of a monitor that hold credentials: what stands there is never repeated. */
const CONFIDENTIAL = /secret|header|auth|password|token|key|body/i;

function show(path: Path, schema: SchemaNode | undefined, value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  const isSecret = isConfidential(schema) || path.some((name) => CONFIDENTIAL.test(name));
  if (isSecret) return TYPE_IN_WORDS[typeof value] ?? 'this';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

/** Whether a reference to a stored secret may stand there. */
function isConfidential(schema: SchemaNode | undefined): boolean {
  if (schema === undefined) return false;
  return branchesOf(schema).some(({ properties }) => properties?.['secretRef'] !== undefined);
}
