/** One YAML file: its values, and the place of each. */
import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { Fault, Place } from './fault.ts';
import { fieldName, type Path } from './pointer.ts';

export class SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Names of secrets that stand in the file and nobody has set. */
  readonly unsetSecrets: readonly string[];
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(
    file: string,
    document: Document,
    lines: LineCounter,
    value: unknown,
    unsetSecrets: readonly string[],
  ) {
    this.file = file;
    this.#document = document;
    this.#lines = lines;
    this.value = value;
    this.unsetSecrets = unsetSecrets;
  }

  /** Where the value at `path` stands; for one that is not there, what would hold it. */
  placeOf(path: Path): Place {
    return placeAt(this.file, this.#lines, this.#offsetOf(path, 'value'));
  }

  /** A fault of the value at `path`. */
  fault(path: Path, what: string): Fault {
    return { ...this.placeOf(path), field: fieldName(path), what };
  }

  /** A fault of the key itself, not of its value. */
  keyFault(path: Path, what: string): Fault {
    const offset = this.#offsetOf(path, 'key');
    return { ...placeAt(this.file, this.#lines, offset), field: fieldName(path), what };
  }

  #offsetOf(path: Path, wanted: 'key' | 'value'): number {
    let node: unknown = this.#document.contents;
    let offset = offsetOfNode(node) ?? 0;
    for (const [i, name] of path.entries()) {
      const step = enter(isAlias(node) ? node.resolve(this.#document) : node, name);
      if (step === null) return offset;
      const isLast = i === path.length - 1;
      const keyOffset = step.keyOffset ?? offset;
      offset = isLast && wanted === 'key' ? keyOffset : (offsetOfNode(step.value) ?? keyOffset);
      node = step.value;
    }
    return offset;
  }
}

interface Step {
  readonly keyOffset: number | undefined;
  readonly value: unknown;
}

function enter(node: unknown, name: string): Step | null {
  if (isSeq(node)) {
    const item = node.items[Number(name)];
    return item === undefined ? null : { keyOffset: offsetOfNode(item), value: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  return pair === undefined ? null : { keyOffset: offsetOfNode(pair.key), value: pair.value };
}

/** Undefined for a value that has no text: `name:` with nothing after it. */
export function offsetOfNode(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  if (range === null || range === undefined) return undefined;
  const isEmpty = isScalar(node) && node.value === null && range[0] === range[1];
  return isEmpty ? undefined : range[0];
}

export function placeAt(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}
