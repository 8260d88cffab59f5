/** Where a request comes from, as limits, bans and the audit log have it. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Whether a load balancer is behind it or an operator: who owns the machine is never shut out. */
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/**
 * The address of the nearest hop that is not one of `TM_TRUSTED_PROXIES`: Fastify reads
 * `X-Forwarded-For` from its end, and only as far as those go. A proxy that hands on what is no
 * address has told nothing, and is the caller itself.
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return isIP(ip) === 0 ? (socket.remoteAddress ?? ip) : ip;
}

/**
 * Who is counted and banned. Of IPv6 it is the /64, for anybody who has one address of it has all
 * of them (RFC 6177); an IPv4 address in an IPv6 one (RFC 4291, RFC 6052) is that one.
 */
export function subjectOf(address: string): string {
  if (isIP(address) !== 6) return `address:${address}`;
  const groups = groupsOf(address);
  const prefix = groups.slice(0, 6).map((group) => group.toString(16));
  if (IPV4_PREFIXES.has(prefix.join(':'))) {
    const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
    return `address:${bytes.join('.')}`;
  }
  return `address:${prefix.slice(0, 4).join(':')}::/64`;
}

const IPV4_PREFIXES: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']);

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = [], tail = []] = address
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_dotted, ...bytes: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
      return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':');
    })
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

export function mayBeBanned(address: string): boolean {
  return !LOOPBACK.test(address);
}
