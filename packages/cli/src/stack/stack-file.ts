/** `stack.json`: how a running local stack describes itself to the other commands. */
import { readFile, rm } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { writeWhole } from './write-whole.ts';
import type { StackPaths } from './paths.ts';

export interface StackDescription {
  readonly version: string;
  readonly network: string;
  readonly startedAt: string;
  /** Of the first coordinator. */
  readonly apiUrl: string;
  /** All of them, the first one first. */
  readonly coordinators: readonly CoordinatorDescription[];
  readonly natsUrl: string;
  /** Process ids by name: `stack`, `coordinator`, each agent, ...; what the user runs is left out. */
  readonly pids: Readonly<Record<string, number>>;
  readonly demo: DemoDescription | null;
}

export interface CoordinatorDescription {
  readonly url: string;
  readonly pid: number;
}

export interface DemoDescription {
  readonly url: string;
  readonly controlUrl: string;
}

export async function writeStackFile(paths: StackPaths, stack: StackDescription): Promise<void> {
  await writeWhole(paths.stackFile, `${JSON.stringify(stack, null, 2)}\n`, 0o644);
}

export async function removeStackFile(paths: StackPaths): Promise<void> {
  await rm(paths.stackFile, { force: true });
}

/** Null when no stack runs in the folder. Throws `input.malformed` for a file of another kind. */
export async function readStackFile(paths: StackPaths): Promise<StackDescription | null> {
  const text = await readFile(paths.stackFile, 'utf8').catch(() => null);
  if (text === null) return null;
  const value = tryJson(text);
  if (isStackDescription(value)) return value;
  throw new TrustMonitorError('input.malformed', `${paths.stackFile} does not describe a stack`, {
    where: paths.stackFile,
    hint: 'it is written anew at the next start; until then name the API with --url',
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The fields that other commands rely on; our own file is not distrusted beyond that. */
function isStackDescription(value: unknown): value is StackDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { apiUrl, coordinators, pids, demo } = value as Record<string, unknown>;
  return (
    typeof apiUrl === 'string' &&
    URL.canParse(apiUrl) &&
    Array.isArray(coordinators) &&
    coordinators.every(isCoordinator) &&
    typeof pids === 'object' &&
    pids !== null &&
    (demo === null || isDemo(demo))
  );
}

function isCoordinator(value: unknown): value is CoordinatorDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { url, pid } = value as Record<string, unknown>;
  return typeof url === 'string' && URL.canParse(url) && typeof pid === 'number';
}

function isDemo(value: unknown): value is DemoDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { url, controlUrl } = value as Record<string, unknown>;
  return typeof url === 'string' && typeof controlUrl === 'string' && URL.canParse(controlUrl);
}
