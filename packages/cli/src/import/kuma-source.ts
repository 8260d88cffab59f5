/** Monitors of Uptime Kuma, from its JSON backup (version 1) or its SQLite database (1 and 2). */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Settings } from '../settings.ts';
import { fieldsOf, textOf, type Fields } from './values.ts';

export interface KumaSource {
  /** Names of columns, as in the database: `ignore_tls`, `accepted_statuscodes_json`. */
  readonly monitors: readonly Fields[];
  /** What notifications are called. */
  readonly notifications: readonly string[];
}

type Environment = Settings['environment'];

const SQLITE_MAGIC = 'SQLite format 3\0';
const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Throws `input.malformed`, or `config.invalid` where a database cannot be read for want of a tool. */
export async function readKuma(
  file: string,
  bytes: Uint8Array,
  env: Environment,
): Promise<KumaSource> {
  const isDatabase = new TextDecoder().decode(bytes.subarray(0, 16)) === SQLITE_MAGIC;
  return isDatabase ? readDatabase(file, env) : readBackup(file, new TextDecoder().decode(bytes));
}

function readBackup(file: string, text: string): KumaSource {
  const backup = fieldsOf(tryJson(text));
  const list = backup['monitorList'];
  if (typeof list !== 'object' || list === null) {
    throw new TrustMonitorError('input.malformed', `${file} is no backup of Uptime Kuma`, {
      where: file,
      hint: 'name the JSON backup (Settings, Backup; version 1), or the file data/kuma.db',
    });
  }
  const notifications = Object.values(fieldsOf(backup['notificationList']));
  const named = Array.isArray(backup['notificationList'])
    ? (backup['notificationList'] as unknown[])
    : notifications;
  return {
    // One list, or a map by id, as its live messages have it.
    monitors: Object.values(list).map((monitor) => withColumnNames(fieldsOf(monitor))),
    notifications: named.flatMap((one) => textOf(fieldsOf(one)['name']) ?? []),
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The backup has some names in camel case; those of columns are in snake case. */
function withColumnNames(monitor: Fields): Fields {
  return Object.fromEntries(
    Object.entries(monitor).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

async function readDatabase(file: string, env: Environment): Promise<KumaSource> {
  const [monitors, tags, notifications] = [
    await query(file, 'select * from monitor order by id', env),
    await query(
      file,
      'select monitor_id, name, value from monitor_tag join tag on tag.id = monitor_tag.tag_id',
      env,
    ),
    await query(file, 'select name from notification', env),
  ];
  return {
    monitors: monitors.map((monitor) => ({
      ...monitor,
      tags: tags.filter((tag) => tag['monitor_id'] === monitor['id']),
    })),
    notifications: notifications.flatMap(({ name }) => textOf(name) ?? []),
  };
}

/** Node 20 reads no SQLite, and a driver would have to be compiled: the usual command does. */
async function query(file: string, sql: string, env: Environment): Promise<Fields[]> {
  const path = resolve(file);
  const hasJournal = await stat(`${path}-wal`).then(
    () => true,
    () => false,
  );
  // A copy alone may stand where nobody may write: nothing changes it, so nothing is locked.
  const uri = `file:${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`;
  const from = hasJournal ? `${uri}?mode=ro` : `${uri}?immutable=1`;
  const args = ['-batch', '-readonly', '-json', from, sql];
  const { stdout } = await run('sqlite3', args, { env, maxBuffer: MAX_OUTPUT_BYTES }).catch(
    (cause: unknown) => Promise.reject(unreadable(file, cause)),
  );
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as Fields[]);
}

function unreadable(file: string, cause: unknown): TrustMonitorError {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    const message = `${file} is an SQLite database, and the command sqlite3 is not installed`;
    return new TrustMonitorError('config.invalid', message, {
      where: file,
      hint: 'install it (apt install sqlite3, brew install sqlite), or import the JSON backup',
      cause,
    });
  }
  const said = textOf((cause as { stderr?: unknown }).stderr) ?? String(cause);
  return new TrustMonitorError('input.malformed', `${file} cannot be read: ${said.trim()}`, {
    where: file,
    hint: 'name a copy of data/kuma.db with its kuma.db-wal, made while Uptime Kuma is stopped',
    cause,
  });
}
