/** Finds the bundled verifier, if it is made of the code as it is compiled now. */
import { statSync } from 'node:fs';

const BUILT = new URL('../verifier/verifier.js', import.meta.url);

/** What it is made of. Each compilation writes these files; a released package has none. */
const COMPILED = [
  '../.tsbuildinfo',
  '../../../evidence/dist/.tsbuildinfo',
  '../../../evidence/dist/node/.tsbuildinfo',
  '../../../protocol/dist/.tsbuildinfo',
  '../../../quorum/dist/.tsbuildinfo',
].map((file) => new URL(file, import.meta.url));

interface BuiltVerifier {
  runAsCommand(): Promise<void>;
}

/** The bundled verifier; null where it was not built, or was built from older code. */
export async function builtVerifier(): Promise<BuiltVerifier | null> {
  const builtMs = modifiedMs(BUILT);
  if (builtMs === null) return null;
  if (COMPILED.some((file) => (modifiedMs(file) ?? 0) > builtMs)) return null;
  return (await import(BUILT.href)) as BuiltVerifier;
}

const modifiedMs = (file: URL): number | null =>
  statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
