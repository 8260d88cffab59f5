/** From a host, as somebody wrote it, to the one address that may and will be connected to. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IpFamily } from '@trustmonitor/protocol';
import { ProbeFailure } from '../failure.ts';
import type { Run } from '../run.ts';
import { addressesFromHosts, candidateNames } from './system-names.ts';

const MAX_ADDRESSES = 16;
/** How long the other family's answer is waited for once one is there (RFC 8305 section 3). */
const RESOLUTION_DELAY_MS = 50;

/**
 * Resolves `host`, writes down what it gave, and returns the address to connect to: the first
 * one of the wanted family (IPv4 before IPv6) that the guard lets pass.
 *
 * Asks through c-ares (`getaddrinfo` blocks one of four threads) with a resolver of its own, so
 * that no answer of another probe is used: c-ares keeps a cache in each channel.
 */
export async function resolveTarget(run: Run, host: string, family: IpFamily): Promise<string> {
  const startedAt = performance.now();
  const name = canonicalHost(host);
  let addresses: string[];
  try {
    addresses = isIP(name) !== 0 ? [name] : await lookUp(run, name, family);
  } finally {
    run.mark('resolveUs', startedAt);
  }
  run.seen.addresses = addresses.slice(0, MAX_ADDRESSES);
  return choose(run, name, ofFamily(addresses, family, name));
}

/** Already as URLs spell it, and no number: spares a parse for most hosts. */
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z][a-z0-9-]*$/;

/**
 * `host` as URLs spell it: lower case, punycode, and numbers in any base as a dotted IPv4
 * address (0x7f.1, 2130706433 and 0177.0.0.1 are all 127.0.0.1), so that the guard and the
 * socket see the same thing.
 */
export function canonicalHost(host: string): string {
  if (isIP(host) === 6) return host.toLowerCase();
  if (isIP(host) === 4 || PLAIN_NAME.test(host)) return host;
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1');
  } catch {
    throw new ProbeFailure('dns_nxdomain', `"${host}" cannot be a host name`, 'target');
  }
}

function ofFamily(addresses: readonly string[], family: IpFamily, name: string): string[] {
  const ipv4 = addresses.filter((address) => isIP(address) === 4);
  const ipv6 = addresses.filter((address) => isIP(address) === 6);
  const wanted = family === 'any' ? [...ipv4, ...ipv6] : family === 'ipv4' ? ipv4 : ipv6;
  if (wanted.length === 0) {
    throw new ProbeFailure('dns_failure', `${name} has no address of the family ${family}`);
  }
  return wanted;
}

function choose(run: Run, name: string, addresses: readonly string[]): string {
  const { guard } = run.context;
  const permitted = addresses.find((address) => guard.refusal(address, name) === null);
  const address = permitted ?? addresses[0] ?? '';
  run.seen.address = address;
  run.seen.family = isIP(address) === 6 ? 6 : 4;
  if (permitted === undefined) {
    throw new ProbeFailure('blocked_target', guard.refusal(address, name) ?? 'not allowed');
  }
  return permitted;
}

async function lookUp(run: Run, name: string, family: IpFamily): Promise<string[]> {
  const settings = run.context.resolver;
  const path = settings?.hostsFile === undefined ? '/etc/hosts' : settings.hostsFile;
  const known = await addressesFromHosts(name.replace(/\.$/, ''), path);
  if (known.length > 0) return known;

  // With name servers of its own an agent asks for names as they stand.
  const names = settings?.servers === undefined ? await candidateNames(name) : [name];
  let failure: unknown = null;
  for (const candidate of names) {
    try {
      return await run.step('resolve', (done, fail) => {
        const resolver = makeResolver(run);
        run.onClose(() => resolver.cancel());
        ask(resolver, candidate, family).then(done, fail);
      });
    } catch (error) {
      // Only "there is no such name" lets the search go on; an outage must not look like it.
      failure = error;
      if (!(error instanceof ProbeFailure && error.failureClass === 'dns_nxdomain')) break;
    }
  }
  throw failure;
}

function makeResolver(run: Run): Resolver {
  // c-ares doubles the timeout with each try: 1 + 2 + 4 s, unless the deadline cancels first.
  const timeout = Math.max(50, Math.min(1_000, Math.ceil(run.remainingMs() / 3)));
  const resolver = new Resolver({ timeout, tries: 3 });
  const servers = run.context.resolver?.servers;
  if (servers !== undefined) resolver.setServers(servers);
  return resolver;
}

async function ask(resolver: Resolver, name: string, family: IpFamily): Promise<string[]> {
  const queries: Promise<string[]>[] = [];
  if (family !== 'ipv6') queries.push(resolver.resolve4(name));
  if (family !== 'ipv4') queries.push(resolver.resolve6(name));
  const settled = await settleTogether(queries);
  const addresses = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (addresses.length > 0) return addresses;
  throw worstOf(
    name,
    settled.flatMap((one) => (one.status === 'rejected' ? [codeOf(one.reason)] : [])),
  );
}

type Settled = PromiseSettledResult<string[]>;

/** All results, or those there are `RESOLUTION_DELAY_MS` after the first that has addresses. */
async function settleTogether(queries: readonly Promise<string[]>[]): Promise<Settled[]> {
  const results: Settled[] = [];
  const all = Promise.allSettled(
    queries.map(async (query) => {
      try {
        results.push({ status: 'fulfilled', value: await query });
      } catch (reason) {
        results.push({ status: 'rejected', reason });
      }
    }),
  );
  const first = Promise.any(queries).then(
    () => true,
    () => false,
  );
  if (await first) {
    let timer: NodeJS.Timeout | undefined;
    const delay = new Promise((resolve) => (timer = setTimeout(resolve, RESOLUTION_DELAY_MS)));
    await Promise.race([all, delay]);
    clearTimeout(timer);
  } else {
    await all;
  }
  return results;
}

/** One name server that says the name does not exist is believed before one that is silent. */
function worstOf(name: string, codes: readonly string[]): ProbeFailure {
  if (codes.includes('ENOTFOUND')) {
    return new ProbeFailure('dns_nxdomain', `${name} does not exist`);
  }
  if (codes.includes('ETIMEOUT')) {
    return new ProbeFailure('dns_timeout', `no name server answered about ${name}`);
  }
  if (codes.every((code) => code === 'ENODATA')) {
    return new ProbeFailure('dns_failure', `${name} exists but has no address`);
  }
  const code = codes.find((one) => one !== 'ENODATA') ?? 'unknown';
  return new ProbeFailure('dns_failure', `the name server answered ${code} about ${name}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
