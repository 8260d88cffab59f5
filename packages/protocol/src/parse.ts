/** The border: untyped input in, typed value or an error that names every bad field out. */
import { type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { Build, Check, type EvaluateResult } from 'typebox/schema';
import { TrustMonitorError, type ErrorCode, type FieldError } from './errors.ts';
import { errorsOf, type RawError } from './meant-branch.ts';

/** At most this many field errors are reported for one input. */
const MAX_FIELD_ERRORS = 20;

export interface Parser<T> {
  /** Returns `value` typed, or throws with `code` and one field error per fault. */
  parse(value: unknown, what?: string): T;
  /** Parses JSON text first; malformed JSON has the code `input.malformed`. */
  parseJson(text: string, what?: string): T;
  check(value: unknown): value is T;
}

/**
 * Checks that a schema is interpreted for, before it is compiled. Compiling one takes 5 to 20 ms
 * in a fresh process and an interpreted check 10 to 100 us, so a short command never compiles,
 * and a service soon does.
 */
const INTERPRETED_CHECKS = 64;

/** A parser for `schema`; `code` is what a misfit is reported as. */
export function parserOf<S extends TSchema>(
  schema: S,
  code: ErrorCode = 'input.invalid',
): Parser<Static<S>> {
  const fits = checkerOf(schema);

  function parse(value: unknown, what = 'input'): Static<S> {
    if (fits(value)) return value;
    const fields = fieldErrors(errorsOf(schema, value));
    const first = fields[0] ?? { pointer: '', detail: 'does not fit the schema' };
    throw new TrustMonitorError(
      code,
      `${what} is not valid: ${first.pointer || '/'} ${first.detail}`,
      { fields, where: first.pointer || '/' },
    );
  }

  return {
    parse,
    check: fits,
    parseJson: (text, what = 'input') => parse(parseJsonText(text, what), what),
  };
}

/**
 * A parser for a message between the parts of a network, which may be of different releases while
 * they are upgraded. A newer part may add fields: those that this one does not know are left out.
 * What cannot be understood without them has a higher `v`, and is refused with `message.version`.
 */
export function messageParserOf<P extends TProperties>(
  schema: TObject<P>,
): Parser<Static<TObject<P>>> {
  const strict = signedMessageParserOf(schema);
  const known = new Set(Object.keys(schema.properties));
  const withoutUnknown = (value: unknown): unknown =>
    isObject(value) && Object.keys(value).some((name) => !known.has(name))
      ? Object.fromEntries(Object.entries(value).filter(([name]) => known.has(name)))
      : value;
  const parse = (value: unknown, what?: string) => strict.parse(withoutUnknown(value), what);
  return {
    parse,
    check: (value): value is Static<TObject<P>> => strict.check(value),
    parseJson: (text, what) => parse(parseJsonText(text, what), what),
  };
}

/** As `messageParserOf`, for what is signed: it means what its signer wrote, or nothing. */
export function signedMessageParserOf<P extends TProperties>(
  schema: TObject<P>,
): Parser<Static<TObject<P>>> {
  const strict = parserOf(schema, 'message.malformed');
  const parse = (value: unknown, what = 'message') => {
    if (isObject(value) && typeof value['v'] === 'number' && value['v'] > VERSION) {
      throw new TrustMonitorError(
        'message.version',
        `${what} has version ${value['v']}; this build understands ${VERSION}`,
      );
    }
    return strict.parse(value, what);
  };
  return {
    parse,
    check: (value): value is Static<TObject<P>> => strict.check(value),
    parseJson: (text, what) => parse(parseJsonText(text, what), what),
  };
}

/** Of every message; a part that makes others must be understood by those that read this one. */
const VERSION = 1;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseJsonText(text: string, what = 'input'): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new TrustMonitorError('input.malformed', `${what} is not JSON: ${String(cause)}`, {
      cause,
    });
  }
}

function checkerOf<S extends TSchema>(schema: S): (value: unknown) => value is Static<S> {
  let interpreted = 0;
  let compiled: EvaluateResult | undefined;
  return (value): value is Static<S> => {
    if (compiled === undefined && interpreted < INTERPRETED_CHECKS) {
      interpreted += 1;
      return Check(schema, value);
    }
    compiled ??= Build(schema).Evaluate();
    return compiled.Check(value);
  };
}

/** Turns the validator's errors into pointers and sentences, the most specific first. */
function fieldErrors(errors: readonly RawError[]): FieldError[] {
  const seen = new Set<string>();
  const fields: FieldError[] = [];
  for (const error of errors) {
    for (const field of expand(error)) {
      const key = `${field.pointer} ${field.detail}`;
      if (seen.has(key)) continue;
      seen.add(key);
      fields.push(field);
    }
  }
  // A union reports its own failure after those of its branches; the deepest says most.
  fields.sort((a, b) => b.pointer.split('/').length - a.pointer.split('/').length);
  return fields.slice(0, MAX_FIELD_ERRORS);
}

function expand(error: RawError): FieldError[] {
  const pointer = error.instancePath;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return asStrings(params['additionalProperties']).map((name) => ({
        pointer: `${pointer}/${escapePointer(name)}`,
        detail: 'is not a known field',
      }));
    case 'required':
      return asStrings(params['requiredProperties']).map((name) => ({
        pointer: `${pointer}/${escapePointer(name)}`,
        detail: 'is required',
      }));
    // Said once more of each unknown field, as `schema is false`.
    case 'boolean':
      return [];
    case 'enum':
      return [
        { pointer, detail: `must be one of ${asStrings(params['allowedValues']).join(', ')}` },
      ];
    default:
      return [{ pointer, detail: error.message }];
  }
}

function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Escapes one reference token of a JSON pointer (RFC 6901 section 3). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
