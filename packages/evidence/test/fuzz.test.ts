import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes, decodeUtf8, encodeUtf8, verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { incidentFixture } from './fixture/incident.ts';

const RUNS = Number(process.env['TM_FUZZ_CASES'] ?? 1_000);

const { net, bytes } = incidentFixture();
const bundle: unknown = JSON.parse(decodeUtf8(bytes));
const paths = pathsOf(bundle);

/** Neither throws nor meets an error that a check did not foresee. */
function refuses(file: Uint8Array): void {
  const report = verifyBundle(file, net.root, { verifier: nodeVerifier });
  expect(report.passed).toBe(false);
  expect(report.statement).toBeNull();
  expect(report.checks.at(-1)?.detail).not.toMatch(/could not be made/);
}

describe('hostile input', { timeout: Math.max(120_000, RUNS * 20) }, () => {
  it('of any bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (file) => refuses(file)),
      { numRuns: RUNS },
    );
  });

  it('of any JSON is refused', () => {
    fc.assert(
      fc.property(fc.json(), (text) => refuses(encodeUtf8(text))),
      { numRuns: RUNS },
    );
  });

  it('with any part of a bundle replaced is refused', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(null, '', 0, -1, 2 ** 53, [], {}, '__proto__', { toJSON: 1 }),
      fc.constantFrom(...paths).map((path) => read(bundle, path)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, replacement) => {
        const file = canonicalBytes(replaced(bundle, path, replacement));
        fc.pre(decodeUtf8(file) !== decodeUtf8(bytes).trimEnd());
        refuses(file);
      }),
      { numRuns: RUNS },
    );
  });

  it('with any part of a bundle left out is refused', () => {
    for (const path of paths.filter((each) => each.length > 0)) {
      refuses(canonicalBytes(replaced(bundle, path, undefined)));
    }
  });
});

type Path = readonly string[];

/** Paths to every value of a document, the whole of it first. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, key]))];
}

function read(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

function replaced(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const changed = replaced((value as Record<string, unknown>)[key], rest, replacement);
  if (Array.isArray(value)) {
    const at = Number(key);
    return changed === undefined ? value.toSpliced(at, 1) : value.with(at, changed);
  }
  return { ...(value as object), [key]: changed };
}
