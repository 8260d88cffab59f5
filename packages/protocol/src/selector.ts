/** Which monitors something is about: a silence, a route, a maintenance window, an objective. */
import Type, { type Static } from 'typebox';
import type { Monitor } from './monitor.ts';
import { Strict } from './schema.ts';

/** `*` stands for any characters, none included. */
const Pattern = Type.String({ minLength: 1, maxLength: 200 });
const Patterns = Type.Optional(Type.Array(Pattern, { minItems: 1, maxItems: 64 }));

/** Every field that is there must fit; one pattern of a list is enough. An empty one fits all. */
export const Selector = Strict({
  /** By id. */
  monitors: Patterns,
  groups: Patterns,
  labels: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Pattern)),
});
export type Selector = Static<typeof Selector>;

export type Selectable = Pick<Monitor, 'id' | 'group' | 'labels'>;

export function isSelected({ id, group, labels }: Selectable, selector: Selector): boolean {
  return (
    fitsOne(id, selector.monitors) &&
    fitsOne(group, selector.groups) &&
    Object.entries(selector.labels ?? {}).every(([name, pattern]) => fits(labels[name], pattern))
  );
}

function fitsOne(value: string | null, patterns: readonly string[] | undefined): boolean {
  return patterns === undefined || patterns.some((pattern) => fits(value, pattern));
}

/**
 * In time linear in both, whatever the pattern: the parts between stars are looked for from left
 * to right, and the last stands at the end.
 */
function fits(value: string | null | undefined, pattern: string): boolean {
  if (value === null || value === undefined) return false;
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first) || value.length < first.length + last.length) return false;
  const end = value.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return value.endsWith(last);
}
