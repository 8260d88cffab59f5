/** Brings a database to the newest schema: numbered SQL files, each applied once, in order. */
import { readdir, readFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { lock } from './advisory-locks.ts';
import type { Database, Queryable } from './database.ts';

const DIRECTORY = new URL('../../migrations/', import.meta.url);

/**
 * Applies what is missing, all in one transaction and under a lock, so that coordinators which
 * start together do not meet. Returns the names applied.
 *
 * Throws `postgres.start_failed` when the database has a migration that this build lacks: it
 * belongs to a newer version, and writing to it could lose data.
 */
export async function migrate(database: Database): Promise<string[]> {
  const files = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).toSorted();
  return database.transaction(async (tx) => {
    await lock(tx, 'migrations');
    await tx.query(
      `create table if not exists migration (
         name text primary key, applied_at timestamptz not null default now())`,
    );
    const applied = await appliedMigrations(tx);
    refuseNewer(applied, files);
    const missing = files.filter((name) => !applied.includes(name));
    for (const name of missing) {
      await tx.query(await readFile(new URL(name, DIRECTORY), 'utf8'));
      await tx.query('insert into migration (name) values ($1)', [name]);
    }
    return missing;
  });
}

async function appliedMigrations(tx: Queryable): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>('select name from migration');
  return rows.map((row) => row.name);
}

function refuseNewer(applied: readonly string[], known: readonly string[]): void {
  const newer = applied.filter((name) => !known.includes(name));
  if (newer.length === 0) return;
  throw new TrustMonitorError(
    'postgres.start_failed',
    `the database was written by a newer version (${newer.join(', ')})`,
    { hint: 'Run that version, or restore a backup from before the upgrade.' },
  );
}
