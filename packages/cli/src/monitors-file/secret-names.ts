/** Files that commands write: secrets as names of variables, and all other text as it stands. */

/** A secret, and the variable that its value is expected in. */
export interface NamedSecret {
  readonly monitor: string;
  readonly secret: string;
  readonly variable: string;
}

/** One variable for each secret: `SHOP_HTTP_AUTH_TOKEN`. */
export class SecretNames {
  readonly #taken = new Map<string, NamedSecret>();

  get given(): NamedSecret[] {
    return [...this.#taken.values()];
  }

  nameOf(monitor: string, secret: string): string {
    const plain = `${monitor}_${secret}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    const base = /^\d/.test(plain) ? `M_${plain}` : plain;
    let variable = base;
    for (let i = 2; this.#taken.has(variable); i++) variable = `${base}_${i}`;
    this.#taken.set(variable, { monitor, secret, variable });
    return variable;
  }
}

/**
 * A value for a monitors file: `${` in text is no reference to the environment, and a
 * `{ secretRef: NAME }` is what `secretOf` makes of it.
 */
export function escaped(value: unknown, secretOf?: (name: string) => unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map((item) => escaped(item, secretOf));
  if (typeof value !== 'object' || value === null) return value;
  if ('secretRef' in value && secretOf !== undefined) return secretOf(String(value.secretRef));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, escaped(member, secretOf)]),
  );
}
