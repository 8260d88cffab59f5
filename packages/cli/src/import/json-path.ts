/** A path such as `data[0].name` in the form of RFC 9535. */

/** Null for what is more than a path: functions, filters, wildcards. */
export function jsonPathOf(path: string): string | null {
  const rest = path.trim().replace(/^\$/, '').replace(/^\./, '');
  if (rest === '') return '$';
  const steps = rest.match(/[^.[\]]+|\[[^\]]*\]/g) ?? [];
  if (steps.join('').replaceAll('.', '') !== rest.replaceAll('.', '')) return null;
  const written = steps.map(stepOf);
  return written.includes(null) ? null : `$${written.join('')}`;
}

function stepOf(step: string): string | null {
  const index = /^\[(\d+)\]$/.exec(step)?.[1];
  if (index !== undefined) return `[${index}]`;
  const name = /^\[(["'])(.*)\1\]$/.exec(step)?.[2] ?? step;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `.${name}`;
  return /^[A-Za-z0-9_@:/ -]+$/.test(name) ? `['${name}']` : null;
}

/** A literal of an assertion, as a number or a truth value where it reads as one. */
export function literalOf(text: string): string {
  return /^(?:-?\d+(?:\.\d+)?|true|false|null)$/.test(text) ? text : JSON.stringify(text);
}
