/** Imported monitors as a monitors file. */
import type { MonitorInput, OwnerName } from '@trustmonitor/protocol';
import { SecretNames, escaped, type NamedSecret } from '../monitors-file/secret-names.ts';
import { API_VERSION } from '../monitors-file/sections.ts';

export interface ImportedFile {
  readonly document: Readonly<Record<string, unknown>>;
  readonly secrets: readonly NamedSecret[];
}

/** `isLiteral`: a `${NAME}` in the values is no reference to the environment. */
export function fileOf(
  monitors: readonly MonitorInput[],
  owner: OwnerName | null,
  isLiteral: boolean,
): ImportedFile {
  const names = new SecretNames();
  const written = monitors.map((monitor) =>
    isLiteral
      ? escaped(monitor, (secret) => ({
          secret: `\${${names.nameOf(monitor.id ?? '', secret)}}`,
        }))
      : monitor,
  );
  const head = { apiVersion: API_VERSION, ...(owner === null ? {} : { owner }) };
  return { document: { ...head, monitors: written }, secrets: names.given };
}
