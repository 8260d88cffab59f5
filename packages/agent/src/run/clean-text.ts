/**
 * Text from outside, made fit for signing and storing: PostgreSQL refuses U+0000 in text, and RFC
 * 8785 has no canonical form for a surrogate without its partner. Both become U+FFFD. Probes
 * should not let them through; one that does must not cost a whole batch.
 */

// In unicode mode a whole pair is one code point, so only lone surrogates match.
// eslint-disable-next-line no-control-regex -- NUL is what is looked for
const UNFIT = /[\u0000\p{Surrogate}]/u;
const ALL_UNFIT = new RegExp(UNFIT, 'gu');

export function cleanText(text: string): string {
  return UNFIT.test(text) ? text.replaceAll(ALL_UNFIT, '\uFFFD') : text;
}

/** A copy with every string clean, keys included; the value itself when all are. */
export function cleanStrings<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const cleaned = items.map(clean);
    return cleaned.every((item, index) => item === items[index]) ? value : cleaned;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const cleaned = entries.map(([key, item]) => [cleanText(key), clean(item)] as const);
  const same = cleaned.every(([key, item], i) => key === entries[i]?.[0] && item === entries[i][1]);
  return same ? value : Object.fromEntries(cleaned);
}
