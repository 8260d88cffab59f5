/** What this machine knows about names without asking: /etc/hosts, and the search list. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** These files change with a deploy, not with a probe; a probe's own lookups are never kept. */
const KEEP_MS = 5_000;

interface Kept<T> {
  readonly value: Promise<T>;
  readonly readAt: number;
}

const hosts = new Map<string, Kept<ReadonlyMap<string, readonly string[]>>>();
let searchList: Kept<readonly string[]> | null = null;

/** The addresses that a hosts file gives to `name`. `localhost` needs no file (RFC 6761). */
export async function addressesFromHosts(name: string, path: string | null): Promise<string[]> {
  const found = path === null ? undefined : (await hostsOf(path)).get(name);
  if (found !== undefined) return [...found];
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : [];
}

async function hostsOf(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const kept = hosts.get(path);
  if (kept !== undefined && performance.now() - kept.readAt < KEEP_MS) return kept.value;
  const value = readText(path).then(parseHosts);
  hosts.set(path, { value, readAt: performance.now() });
  return value;
}

/** The names to ask for, in order, when somebody writes `name` (resolv.conf(5), ndots:1). */
export async function candidateNames(name: string): Promise<string[]> {
  if (name.endsWith('.')) return [name];
  if (searchList === null || performance.now() - searchList.readAt >= KEEP_MS) {
    const value = readText('/etc/resolv.conf').then(parseSearchList);
    searchList = { value, readAt: performance.now() };
  }
  const searched = (await searchList.value).map((domain) => `${name}.${domain}`);
  return name.includes('.') ? [name, ...searched] : [...searched, name];
}

function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      names.set(name, [...(names.get(name) ?? []), address]);
    }
  }
  return names;
}

function parseSearchList(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^\s*(?:search|domain)\s/.test(line));
  // The last line counts (resolv.conf(5)).
  const domains = lines.at(-1)?.trim().split(/\s+/).slice(1) ?? [];
  return domains.filter((domain) => domain !== '.').slice(0, 6);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // A machine without the file has nothing to say about any name.
    return '';
  }
}
