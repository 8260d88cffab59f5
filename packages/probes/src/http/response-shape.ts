/**
 * What a JSON document is made of, whatever it says: keys and types, with the elements of each array
 * taken together. Documents that differ in values, in the order of keys or in the number of like elements
 * have the same shape.
 */
import { createHash } from 'node:crypto';

/** Of an array so many are looked at. */
const MAX_ELEMENTS = 200;
/** Below that, everything is alike. */
const MAX_DEPTH = 24;
const DIGEST_CHARS = 16;

export function isJsonType(contentType: string): boolean {
  return /^[^;]*[/+]json\s*(;|$)/i.test(contentType);
}

/** Of a document as it was parsed. */
export function jsonShapeOf(value: unknown): string {
  return shortDigest(written(value, 0));
}

/** Of the names of headers, in any order. */
export function headerNamesOf(headers: ReadonlyMap<string, string>): string {
  return shortDigest([...headers.keys()].sort().join('\n'));
}

/** 64 bits: two shapes of one monitor are not made equal by chance, and nobody is proved anything by it. */
function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARS);
}

/** Keys are written with their lengths, so that no other document is written the same. */
function written(value: unknown, depth: number): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (depth === MAX_DEPTH) return '...';
  if (Array.isArray(value)) {
    const elements = new Set<string>();
    const most = Math.min(value.length, MAX_ELEMENTS);
    for (let i = 0; i < most; i += 1) elements.add(written(value[i], depth + 1));
    return `[${[...elements].sort().join('|')}]`;
  }
  let fields = '';
  for (const key of Object.keys(value).sort()) {
    const one = (value as Readonly<Record<string, unknown>>)[key];
    fields += `${key.length}:${key}=${written(one, depth + 1)},`;
  }
  return `{${fields}}`;
}
