/** Everything that the protocol finds wrong with a value, not the first fault only. */
import { isTrustMonitorError, type FieldError } from '@trustmonitor/protocol';
import { phrase } from './phrase.ts';
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
 * What was refused is taken out and the rest is checked again, until nothing more is found.
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
    const fresh = fields.filter(
      (field) => !found.has(field.pointer) && !isLeftover(field, found.keys()),
    );
    if (fresh.length === 0) break;
    for (const [pointer, details] of byPointer(fresh)) {
      const path = parsePointer(pointer);
      const value = at(rest, path);
      const what = phrase({ path, details, schema: schemaAt(schema, path), value });
      found.set(pointer, { path, what });
    }
    rest = without(rest, fields);
  }
  return [...found.values()];
}

/** Required only since what stood beside it was taken out. */
function isLeftover({ pointer, detail }: FieldError, found: Iterable<string>): boolean {
  if (detail !== 'is required') return false;
  const parent = parentOf(pointer);
  return [...found].some((taken) => parentOf(taken) === parent);
}

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'));

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
