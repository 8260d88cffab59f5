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

export function mayBeBanned(address: string): boolean {
  return !LOOPBACK.test(address);
}
