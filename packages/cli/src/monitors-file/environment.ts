/** `${NAME}` in values: replaced from the environment after parsing, so that no value can
 * change the structure of the file. */
import { Scalar, isScalar, parseDocument, visit, type Document } from 'yaml';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference that the environment cannot answer, by the offset of its value. */
export interface MissingVariable {
  readonly offset: number;
  readonly name: string;
}

/** `$${` stands for a plain `${`; `${NAME:-text}` gives `text` where NAME is not set or empty. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Replaces references in the document's values (never in keys); returns what is missing. */
export function substituteEnvironment(document: Document, env: Environment): MissingVariable[] {
  const missing: MissingVariable[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const offset = node.range?.[0] ?? 0;
      const text = node.value.replace(REFERENCE, (whole, name?: string, fallback?: string) => {
        if (name === undefined) return '${';
        const value = env[name];
        if (value !== undefined && value !== '') return value;
        if (fallback === undefined) missing.push({ offset, name });
        return fallback ?? whole;
      });
      node.value = node.type === Scalar.PLAIN ? asWritten(text) : text;
    },
  });
  return missing;
}

/** Unquoted, `${RETRIES}` means the number that it holds, as if it had been written out. */
function asWritten(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  const isPlain = errors.length === 0 && isScalar(contents) && typeof contents.value !== 'object';
  return isPlain && typeof contents.value !== 'string' ? contents.value : text;
}
