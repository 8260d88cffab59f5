/** What the demo target keeps in its folder, so that it behaves the same after a restart. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../stack/write-whole.ts';
import { WELL, parseState, type DemoState } from './modes.ts';

/** Where a running target is, and the port that the next one takes if it can. */
export interface TargetDescription {
  readonly pid: number;
  readonly port: number;
  readonly controlPort: number;
}

const secretFile = (folder: string) => join(folder, 'control.secret');
const stateFile = (folder: string) => join(folder, 'state.json');
const targetFile = (folder: string) => join(folder, 'target.json');

/** Null when there is none. */
async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

/** The secret of the control endpoint; null before the target has run. */
export async function readSecret(folder: string): Promise<string | null> {
  return (await readIfThere(secretFile(folder)))?.trim() ?? null;
}

export async function ensureSecret(folder: string): Promise<string> {
  const known = await readSecret(folder);
  if (known !== null) return known;
  const secret = randomBytes(32).toString('base64url');
  await writeWhole(secretFile(folder), `${secret}\n`, 0o600);
  return secret;
}

export async function readState(folder: string): Promise<DemoState> {
  return parseState((await readIfThere(stateFile(folder))) ?? '') ?? WELL;
}

export function writeState(folder: string, state: DemoState): Promise<void> {
  return writeWhole(stateFile(folder), `${JSON.stringify(state)}\n`, 0o600);
}

/** Null when no target has run in this folder, or its description is of no use. */
export async function readTarget(folder: string): Promise<TargetDescription | null> {
  const text = await readIfThere(targetFile(folder));
  try {
    const value = JSON.parse(text ?? '') as TargetDescription;
    return [value.pid, value.port, value.controlPort].every(Number.isInteger) ? value : null;
  } catch {
    return null;
  }
}

export function writeTarget(folder: string, target: TargetDescription): Promise<void> {
  return writeWhole(targetFile(folder), `${JSON.stringify(target)}\n`, 0o600);
}
