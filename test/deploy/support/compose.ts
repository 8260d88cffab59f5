/** compose.yaml as compose itself reads it, as far as ours goes. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}

/** With `variables` in the place of `${NAME:?...}` and `${NAME:-default}`. */
export function readCompose(variables: Readonly<Record<string, string>>): Compose {
  const text = readFileSync(join(DEPLOY, 'compose/compose.yaml'), 'utf8');
  const filled = (value: string): string =>
    value.replaceAll(
      /\$\{([A-Z_]+):([-?])([^}]*)\}/g,
      (_all, name: string, kind: string, other: string) => {
        const given = variables[name] ?? '';
        if (given === '' && kind === '?') throw new Error(`${name} is not set: ${other}`);
        return given === '' ? other : given;
      },
    );
  const whole = (_key: unknown, value: unknown) =>
    typeof value === 'string' ? filled(value) : value;
  return parse(text, whole, { merge: true }) as Compose;
}

/** What a service is told, with each place (`from`) where it is on this machine (`to`). */
export function environmentOf(
  { services }: Compose,
  service: string,
  moves: ReadonlyMap<string, string>,
): Record<string, string> {
  const found = services[service];
  if (found === undefined) throw new Error(`there is no service ${service}`);
  const moved = (value: string): string => {
    let text = value;
    for (const [from, to] of moves) text = text.replaceAll(from, to);
    return text;
  };
  return Object.fromEntries(
    Object.entries(found.environment ?? {}).map(([name, value]) => [name, moved(value)]),
  );
}
