/** The guard at the door: by address before anything else, by token once it is known. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { addressOf, mayBeBanned, subjectOf } from './caller.ts';
import type { Guard } from './guard.ts';
import type { Allowance, Policy } from './reducer.ts';

/**
 * 200 a second at all times: more than a console and a command line on one machine ever ask. And 20
 * a second while most of it fails, which is more than a script that looks for what is not there.
 */
export const POLICY: Policy = {
  windowMs: 10_000,
  floor: 2_000,
  surgeFloor: 200,
  ceiling: 10_000,
  learnWindows: 6,
  refusalsToBan: 1_000,
  guessesToBan: 50,
  firstBanMs: 30_000,
  longestBanMs: 24 * 3_600_000,
  forgiveMs: 24 * 3_600_000,
};

/** Before the tokens are looked at. */
export function guardAddresses(app: FastifyInstance, guard: Guard): void {
  app.addHook('onRequest', (request, reply, done) => {
    const address = addressOf(request);
    const subject = subjectOf(address);
    requireServed(guard, subject, reply);
    requireAllowed(guard.count(subject, mayBeBanned(address)), reply);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (isCallersFault(reply.statusCode)) {
      const address = addressOf(request);
      const gaveSecret =
        request.headers.authorization !== undefined ||
        request.routeOptions.config.isSignIn === true;
      const isGuess = reply.statusCode === 401 && gaveSecret;
      // Who is never shut out is not tightened either: behind that address may be everybody.
      if (mayBeBanned(address)) guard.noteFailure(subjectOf(address), isGuess, true);
      if (request.token) guard.noteFailure(`token:${request.token.id}`, false, false);
    }
    done();
  });
  app.addHook('onClose', () => guard.stop());
}

/** Refusals of the guard itself are counted as such. */
function isCallersFault(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

/** After them. What this allows is what the headers say. */
export function guardTokens(app: FastifyInstance, guard: Guard): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.token) {
      const subject = `token:${request.token.id}`;
      requireServed(guard, subject, reply);
      requireAllowed(guard.count(subject, mayBeBanned(addressOf(request))), reply);
    }
    done();
  });
}

function requireServed(guard: Guard, subject: string, reply: FastifyReply): void {
  const seconds = guard.bannedFor(subject);
  if (seconds === null) return;
  reply.header('retry-after', seconds);
  throw new TrustMonitorError('rate.banned', `${subject} is banned for ${seconds} s more`, {
    hint: 'Wait, or have an operator lift it: DELETE /v1/bans/ID.',
  });
}

function requireAllowed(allowance: Allowance, reply: FastifyReply): void {
  const resetSeconds = Math.ceil(allowance.resetMs / 1_000);
  reply.headers({
    'ratelimit-limit': allowance.limit,
    'ratelimit-remaining': allowance.remaining,
    'ratelimit-reset': resetSeconds,
  });
  if (allowance.allowed) return;
  reply.header('retry-after', Math.max(1, resetSeconds));
  throw new TrustMonitorError('rate.limited', `more than ${allowance.limit} requests at a time`, {
    hint: `Wait ${Math.max(1, resetSeconds)} s, as Retry-After says.`,
  });
}
