/**
 * `full`: what was committed survives a power cut. `none`: for tests, whose data nobody
 * misses; everything is as in production but the waiting for the disk.
 */
export type Durability = 'full' | 'none';

const COMMON: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // TCP only: a socket's path is limited to 107 bytes, which deep folders exceed.
  unix_socket_directories: '',
  // The log is read for messages when a start fails.
  lc_messages: 'C',
  timezone: 'UTC',
};

/*
 * "full" is said in full, so that no line in the data directory's postgresql.conf weakens it.
 */
const DURABILITY: Readonly<Record<Durability, Readonly<Record<string, string>>>> = {
  full: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  none: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
};

/** The server's settings as command line arguments, which outrank every file. */
export function settingArguments(
  port: number,
  durability: Durability,
  extra: Readonly<Record<string, string>>,
): string[] {
  const settings = { ...COMMON, ...DURABILITY[durability], ...extra, port: String(port) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
