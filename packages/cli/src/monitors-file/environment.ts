/** `${NAME}` in values: replaced from the environment after parsing, so that no value can
 * change the structure of the file. */
import { readFileSync } from 'node:fs';
import { Scalar, isPair, isScalar, parseDocument, visit, type Document } from 'yaml';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference that cannot be answered, by the offset of its value. */
export interface Unanswered {
  readonly offset: number;
  readonly what: string;
}

export interface Substitution {
  readonly faults: readonly Unanswered[];
  /** Names that secrets refer to and nobody has set, where that is allowed. */
  readonly unsetSecrets: readonly string[];
}

/** `$${` stands for a plain `${`; `${NAME:-text}` gives `text` where NAME is not set or empty. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Stands in for a secret that is not set, where only the form of the file is checked. */
const UNSET = 'unset';

/**
 * Replaces references in the document's values (never in keys). Where `allowUnset`, a
 * `{ secret: ${NAME} }` may be without its value: the file is checked where no secret is at hand.
 */
export function substituteEnvironment(
  document: Document,
  env: Environment,
  allowUnset: boolean,
): Substitution {
  const faults: Unanswered[] = [];
  const unsetSecrets = new Set<string>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const offset = node.range?.[0] ?? 0;
      const secret = isSecret(ancestors.at(-1));
      const text = node.value.replace(REFERENCE, (whole, name?: string, fallback?: string) => {
        if (name === undefined) return '${';
        const found = lookUp(name, env);
        if ('value' in found) return found.value;
        if (found.what !== null) faults.push({ offset, what: found.what });
        else if (fallback !== undefined) return fallback;
        else if (secret && allowUnset) {
          unsetSecrets.add(name);
          return UNSET;
        } else faults.push({ offset, what: notSet(name) });
        return whole;
      });
      node.value = node.type === Scalar.PLAIN && !secret ? asWritten(text) : text;
    },
  });
  return { faults, unsetSecrets: [...unsetSecrets] };
}

function notSet(name: string): string {
  return `the environment has no ${name}; set it or ${name}_FILE, or write \${${name}:-a default}`;
}

function isSecret(parent: unknown): boolean {
  return isPair(parent) && isScalar(parent.key) && parent.key.value === 'secret';
}

/** Far above any secret; a mistaken path is noticed. */
const MAX_FILE_BYTES = 65_536;

type Found = { readonly value: string } | { readonly what: string | null };

/** NAME, or else what is in the file that NAME_FILE names, without its last line break. */
function lookUp(name: string, env: Environment): Found {
  const value = env[name];
  if (value !== undefined && value !== '') return { value };
  const file = env[`${name}_FILE`];
  return file === undefined || file === '' ? { what: null } : readValue(file, `${name}_FILE`);
}

function readValue(file: string, variable: string): Found {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_FILE_BYTES) {
      return { what: `${file}, which ${variable} names, is larger than 64 KiB` };
    }
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value: text.replace(/\r?\n$/, '') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { what: `there is no file ${file}, which ${variable} names` };
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : code;
    return { what: `${file}, which ${variable} names, cannot be read: ${why ?? String(error)}` };
  }
}

/** Unquoted, `${RETRIES}` means the number that it holds, as if it had been written out; a secret
 * is text, whatever it looks like. */
function asWritten(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  const isPlain = errors.length === 0 && isScalar(contents) && typeof contents.value !== 'object';
  return isPlain && typeof contents.value !== 'string' ? contents.value : text;
}
