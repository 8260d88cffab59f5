/** The border: untyped input in, typed value or an error that names every bad field out. */
import { type Static, type TSchema } from 'typebox';
import { Build, Check, Errors, type EvaluateResult } from 'typebox/schema';
import { TrustMonitorError, type ErrorCode, type FieldError } from './errors.ts';

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
    const fields = fieldErrors(Errors(schema, value)[1]);
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
    parseJson(text, what = 'input') {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (cause) {
        throw new TrustMonitorError('input.malformed', `${what} is not JSON: ${String(cause)}`, {
          cause,
        });
      }
      return parse(value, what);
    },
  };
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

interface RawError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
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
