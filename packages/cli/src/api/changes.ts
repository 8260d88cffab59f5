/** What `/v1/plan` and `/v1/apply` take and answer. */
import {
  TrustMonitorError,
  type Channel,
  type MonitorDefaults,
  type MonitorInput,
} from '@trustmonitor/protocol';
import type { ApiAnswer } from './transport.ts';

export interface MonitorsBody {
  readonly monitors: readonly MonitorInput[];
  readonly defaults: MonitorDefaults;
  readonly channels: readonly Channel[];
}

export const CHANGE_ACTIONS = ['create', 'update', 'unchanged'] as const;

export interface Change {
  readonly id: string;
  readonly action: (typeof CHANGE_ACTIONS)[number];
}

/** Throws `message.malformed` for an answer of another shape. */
export function parseChanges({ bytes }: ApiAnswer): Change[] {
  const text = new TextDecoder().decode(bytes);
  const answer = tryJson(text);
  if (isRecord(answer) && Array.isArray(answer['changes'])) {
    const changes: unknown[] = answer['changes'];
    if (changes.every(isChange)) return changes;
  }
  throw new TrustMonitorError('message.malformed', 'the API answered with no list of changes', {
    where: '/changes',
    hint: 'the API may be of another version than this command',
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isChange(value: unknown): value is Change {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    CHANGE_ACTIONS.some((action) => action === value['action'])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
