/** Which failures of a transaction may pass by themselves, and which never will. */
import { isTrustMonitorError } from '@trustmonitor/protocol';

/** SQLSTATE classes that the same statements will meet again: data, integrity, syntax. */
const LASTING_CLASSES = new Set(['22', '23', '42']);

/**
 * True when trying the same writes again cannot help. Everything else (connection lost, server
 * starting up, out of disk, deadlock, statement timeout) is worth another try.
 */
export function isDataFault(error: unknown): boolean {
  if (isTrustMonitorError(error, 'internal')) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.length === 5 && LASTING_CLASSES.has(code.slice(0, 2));
}
