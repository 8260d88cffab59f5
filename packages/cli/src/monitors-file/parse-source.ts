/** YAML text in, a document or everything that keeps the text from being one out. */
import {
  LineCounter,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type YAMLError,
} from 'yaml';
import { SourceDocument, offsetOfNode, placeAt } from './document.ts';
import { substituteEnvironment, type Environment } from './environment.ts';
import type { Fault } from './fault.ts';
import { fieldName } from './pointer.ts';
import { readSchemaFiles } from './schema-files.ts';

/** Aliases that expand to more values than this are refused ("billion laughs"). */
const MAX_ALIASES = 100;

/** Parses one file; all that is wrong with it as YAML is reported at once. */
export function parseSource(
  file: string,
  text: string,
  env: Environment,
  allowUnset = false,
): SourceDocument | readonly Fault[] {
  const lines = new LineCounter();
  const whole = (what: string): Fault[] => [{ file, line: 1, column: 1, field: '', what }];
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  });
  const [document, second] = 'empty' in documents ? [] : documents;
  if (document === undefined || document.contents === null) return whole('is empty');
  const faults = [...document.errors, ...document.warnings].map((error) =>
    yamlFault(file, lines, document, error),
  );
  if (faults.length > 0) return firstPerLine(faults);
  if (second !== undefined) {
    const place = placeAt(file, lines, second.range[0]);
    return [{ ...place, field: '', what: 'a second YAML document; write one per file' }];
  }
  const dangling = danglingAliases(file, lines, document);
  if (dangling.length > 0) return dangling;
  const { faults: unset, unsetSecrets } = substituteEnvironment(document, env, allowUnset);
  const unanswered = [...unset, ...readSchemaFiles(document, file)];
  if (unanswered.length > 0) {
    return unanswered.map(({ offset, what }) => ({
      ...placeAt(file, lines, offset),
      field: fieldName(pathAt(document, offset)),
      what,
    }));
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return new SourceDocument(file, document, lines, value, unsetSecrets);
  } catch {
    return whole(`aliases stand for more than ${MAX_ALIASES} values; write them out`);
  }
}

function yamlFault(file: string, lines: LineCounter, document: Document, error: YAMLError): Fault {
  const place = placeAt(file, lines, error.pos[0]);
  if (error.code !== 'DUPLICATE_KEY') {
    return { ...place, field: '', what: `not valid YAML: ${withoutFullStop(error.message)}` };
  }
  const { path, first } = duplicateAt(document, error.pos[0]);
  const line = lines.linePos(first).line;
  return { ...place, field: fieldName(path), what: `is given twice; the first is in line ${line}` };
}

/** The path of the key at `offset`, and where the key of the same name before it stands. */
function duplicateAt(document: Document, offset: number): { path: string[]; first: number } {
  let found = { path: [] as string[], first: offset };
  visit(document, {
    Pair(_index, pair, ancestors) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined;
      const name = String(pair.key.value);
      const map = ancestors.at(-1);
      const twin = isMap(map)
        ? map.items.find(({ key }) => isScalar(key) && String(key.value) === name)
        : undefined;
      found = {
        path: [...pathOf(ancestors), name],
        first: offsetOfNode(twin?.key) ?? offset,
      };
      return visit.BREAK;
    },
  });
  return found;
}

function pathAt(document: Document, offset: number): string[] {
  let path: string[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || node.range?.[0] !== offset) return undefined;
      path = pathOf([...ancestors, node]);
      return visit.BREAK;
    },
  });
  return path;
}

function pathOf(ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((node, i) => {
    if (isPair(node) && isScalar(node.key)) return [String(node.key.value)];
    if (!isSeq(node)) return [];
    const next = ancestors[i + 1];
    const index = node.items.findIndex((item) => item === next);
    return index < 0 ? [] : [String(index)];
  });
}

function danglingAliases(file: string, lines: LineCounter, document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Alias(_key, alias, ancestors) {
      if (alias.resolve(document) !== undefined) return;
      faults.push({
        ...placeAt(file, lines, offsetOfNode(alias) ?? 0),
        field: fieldName(pathOf([...ancestors, alias])),
        what: `no anchor &${alias.source} stands before the alias *${alias.source}`,
      });
    },
  });
  return faults;
}

/** One slip makes the parser stumble several times; the first on each line is the slip. */
function firstPerLine(faults: readonly Fault[]): Fault[] {
  return faults.filter(({ line }, i) => faults.findIndex((other) => other.line === line) === i);
}

function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '');
}
