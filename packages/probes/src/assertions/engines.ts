/**
 * The languages that assertions may contain: regular expressions, JSON paths and JSON schemas.
 *
 * Both the text and what it is applied to come from people we do not know. So: no back-tracking
 * (re2js), no functions that would bring it back (`match` and `search` of RFC 9535 are off), no
 * schema from elsewhere, and a limit of time on every evaluation. Compiled once for each text.
 */
import { createContext, Script } from 'node:vm';
import type { AnySchemaObject, ErrorObject, Options, ValidateFunction } from 'ajv';
import { Ajv as Ajv07 } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { JSONPathEnvironment, type JSONPathQuery, type JSONValue } from 'json-p3';
import { RE2JS } from 're2js';
import { ProbeFailure } from '../failure.ts';

const MAX_KEPT = 500;
/** A regular expression or path over content of a usual size takes a hundredth of this. */
const MAX_EVALUATION_MS = 100;
const MAX_SCHEMA_DEPTH = 32;

export type { JSONValue };
export type SchemaTest = (value: unknown) => string | null;

export const compileRegex = kept((pattern): RE2JS => RE2JS.compile(pattern));

/** Whether `pattern` matches somewhere in `text`. */
export function matches(pattern: string, text: string): boolean {
  const regex = compileRegex(pattern);
  return withinTime('a regular expression', () => regex.test(text));
}

export const compilePath = kept((path): JSONPathQuery => paths.compile(path));

/** The values that `path` selects. */
export function select(path: string, document: JSONValue): JSONValue[] {
  const query = compilePath(path);
  return withinTime('a JSON path', () => query.query(document).values());
}

/** A function that says what is wrong with a value, or null when it fits the schema. */
export const compileSchema = kept((text): SchemaTest => {
  const schema = JSON.parse(text) as AnySchemaObject;
  refuseDeep(schema, 0);
  const old = typeof schema.$schema === 'string' && /draft-0[67]/.test(schema.$schema);
  const validate = makeAjv(old).compile(schema);
  return (value) =>
    withinTime('a JSON schema', () => (validate(value) ? null : describe(validate.errors)));
});

const paths = new JSONPathEnvironment({ maxRecursionDepth: 1_000 });
paths.functionRegister.delete('match');
paths.functionRegister.delete('search');

/** `$ref` stays inside the schema: nothing is ever loaded. */
function makeAjv(old: boolean): Ajv07 | Ajv2020 {
  const options: Options = {
    strict: false,
    logger: false,
    validateFormats: false,
    addUsedSchema: false,
    code: { regExp: Object.assign(toRegExp, { code: 'toRegExp' }) },
  };
  const ajv = old ? new Ajv07(options) : new Ajv2020(options);
  // Ajv compares each item with each other, which a long array turns into a long pause.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', validate: hasUniqueItems });
  return ajv;
}

function toRegExp(pattern: string): { test(text: string): boolean } {
  return compileRegex(pattern);
}

function hasUniqueItems(wanted: boolean, items: readonly unknown[]): boolean {
  return (
    !wanted || new Set(items.map((item) => JSON.stringify(sorted(item)))).size === items.length
  );
}

/** Equal objects may name their members in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}

function refuseDeep(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_SCHEMA_DEPTH) throw new Error(`deeper than ${MAX_SCHEMA_DEPTH} levels`);
  for (const item of Object.values(value)) refuseDeep(item, depth + 1);
}

function describe(errors: ValidateFunction['errors']): string {
  const first: ErrorObject | undefined = errors?.[0];
  return first === undefined
    ? 'does not fit'
    : `${first.instancePath || '/'} ${first.message ?? first.keyword}`;
}

/**
 * Runs `evaluate`, and ends it when it takes too long. That is not the target's fault: it
 * abstains, since another agent, or this one at another time, might have come to an answer.
 */
function withinTime<T>(what: string, evaluate: () => T): T {
  sandbox['evaluate'] = evaluate;
  try {
    return CALL.runInContext(sandbox, { timeout: MAX_EVALUATION_MS }) as T;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    ) {
      throw new ProbeFailure('internal_error', `${what} took longer than ${MAX_EVALUATION_MS} ms`);
    }
    throw error;
  } finally {
    sandbox['evaluate'] = undefined;
  }
}

/** `vm` is used for its timeout alone, which is the only way to end a synchronous function. */
const CALL = new Script('evaluate()');
const sandbox = createContext({}) as Record<string, unknown>;

/** Remembers what `compile` made of the last few hundred texts. Its errors are not kept. */
function kept<T>(compile: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = compile(text);
    if (known.size >= MAX_KEPT) known.clear();
    known.set(text, made);
    return made;
  };
}
