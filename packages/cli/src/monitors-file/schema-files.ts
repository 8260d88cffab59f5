/** `jsonSchema(order.json)` in assertions: the file beside the monitors file, read in here. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { schemaFileOf } from '@trustmonitor/protocol';
import { visit, type Document } from 'yaml';
import type { Unanswered } from './environment.ts';

/** What an assertion may hold. */
const MAX_FILE_BYTES = 65_536;

/** Puts the schemas in the place of their files' names; paths are from the folder of `file`. */
export function readSchemaFiles(document: Document, file: string): Unanswered[] {
  const faults: Unanswered[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const name = schemaFileOf(node.value);
      if (name === null) return;
      const read = readSchema(resolve(dirname(file), name), name);
      if ('what' in read) faults.push({ offset: node.range?.[0] ?? 0, what: read.what });
      else node.value = `jsonSchema(${read.schema})`;
    },
  });
  return faults;
}

function readSchema(path: string, name: string): { schema: string } | { what: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { what: `there is no file ${name} beside this one` };
    return { what: `${name} cannot be read: ${code ?? String(error)}` };
  }
  if (text.length > MAX_FILE_BYTES) return { what: `${name} is larger than 64 KiB` };
  try {
    return { schema: JSON.stringify(JSON.parse(text)) };
  } catch {
    return { what: `${name} is not JSON` };
  }
}
