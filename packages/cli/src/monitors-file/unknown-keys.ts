/** Keys that nobody would read: each is named, with the known key it may stand for. */
import { nearest } from './nearest.ts';
import type { Path } from './pointer.ts';
import { knownKeys, memberOf, type SchemaNode } from './schema-node.ts';

export interface UnknownKey {
  readonly path: Path;
  readonly what: string;
}

/** Every key of `value`, at any depth, that `schema` does not know. */
export function findUnknownKeys(value: unknown, schema: SchemaNode, path: Path): UnknownKey[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => inside(item, schema, [...path, String(i)]));
  }
  if (typeof value !== 'object' || value === null) return [];
  const known = knownKeys(schema);
  return Object.entries(value).flatMap(([key, member]) => {
    const here = [...path, key];
    if (known !== null && !known.includes(key)) return [{ path: here, what: unknown(key, known) }];
    return inside(member, schema, here);
  });
}

function inside(value: unknown, parent: SchemaNode, path: Path): UnknownKey[] {
  const schema = memberOf(parent, path.at(-1) ?? '');
  return schema === undefined ? [] : findUnknownKeys(value, schema, path);
}

/** The clause for a key outside `known`. */
export function unknown(key: string, known: readonly string[]): string {
  if (key === '<<') return 'merge keys are not read; put what monitors share under "defaults"';
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not a known field, did you mean "${meant}"?`;
  return `is not a known field; known here: ${known.toSorted().join(', ')}`;
}
