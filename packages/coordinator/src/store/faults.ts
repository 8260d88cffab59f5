/**
 * What the driver throws, sorted into what may pass by itself and what never will.
 *
 * The first becomes `postgres.unavailable`: connection lost, server starting or stopping, out of
 * disk, deadlock, statement timeout. The second stays as it is: the same statements with the
 * same values will meet it again.
 */
import { TrustMonitorError, isTrustMonitorError } from '@trustmonitor/protocol';
import pg from 'pg';

/** SQLSTATE classes: feature, cardinality, data, integrity, syntax, program limits. */
const LASTING_CLASSES = new Set(['0A', '21', '22', '23', '42', '54']);

export function asFault(error: unknown): unknown {
  if (isLasting(error)) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new TrustMonitorError('postgres.unavailable', `PostgreSQL cannot be used: ${why}`, {
    hint: 'Is it running, and is DATABASE_URL right?',
    cause: error,
  });
}

/** Whether nothing came back: the connection is broken, or whoever is at its other end is gone. */
export function isUnanswered(fault: unknown): fault is TrustMonitorError {
  return (
    isTrustMonitorError(fault, 'postgres.unavailable') && !(fault.cause instanceof pg.DatabaseError)
  );
}

function isLasting(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return LASTING_CLASSES.has(error.code?.slice(0, 2) ?? '');
  // A value that the driver cannot write is a fault of ours, not of the connection.
  return error instanceof TypeError || error instanceof RangeError;
}
