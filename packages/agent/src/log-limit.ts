/** Keeps a fault that repeats thousands of times a second from filling the log. */
import type { Logger } from 'pino';

type Level = 'warn' | 'error';

/** Logs the first of each kind, then at most one line per `everyMs` with the number held back. */
export type LimitedLog = (kind: string, fields: object, message: string, level?: Level) => void;

/** `kind` must come from a closed set: one entry is kept for each. */
export function limitLog(log: Logger, everyMs = 10_000): LimitedLog {
  const kinds = new Map<string, { loggedAt: number; held: number }>();
  return (kind, fields, message, level = 'warn') => {
    const now = performance.now();
    const entry = kinds.get(kind);
    if (entry !== undefined && now - entry.loggedAt < everyMs) {
      entry.held += 1;
      return;
    }
    const held = entry?.held ?? 0;
    kinds.set(kind, { loggedAt: now, held: 0 });
    log[level](held === 0 ? fields : { ...fields, heldBack: held }, message);
  };
}
