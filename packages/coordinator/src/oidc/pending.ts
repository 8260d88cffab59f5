/**
 * A sign-in on its way through the provider: what has to come back with it. It waits in the browser, in a
 * cookie that only a coordinator can read or make, so that strangers who begin one write nothing here.
 *
 *     begun -> finished, or given up: the cookie is taken away with the first answer that brings it
 *          \-> expired after ten minutes
 *
 * Whoever keeps a copy of the cookie gains nothing: a provider takes each code once.
 */
import { parserOf } from '@trustmonitor/protocol';
import Type, { type Static } from 'typebox';
import type { SecretBox } from '../secret-box.ts';

export const PENDING_SECONDS = 600;
/** The names that it is sealed under, where a monitor's and its secret's stand: no monitor has them. */
const SEALED_UNDER = ['sign-in', 'pending'] as const;

const Pending = Type.Object({
  state: Type.String(),
  nonce: Type.String(),
  /** Of PKCE (RFC 7636). */
  verifier: Type.String(),
  /** Path of the console to go on to. */
  next: Type.String(),
  /** Ms since 1970. */
  expiresAt: Type.Number(),
});
export type Pending = Static<typeof Pending>;
const parser = parserOf(Pending);

export function sealPending(box: SecretBox, pending: Pending): string {
  return box.seal(...SEALED_UNDER, JSON.stringify(pending));
}

/** Null for one that is none of ours, or too old. */
export function openPending(box: SecretBox, sealed: string, nowMs: number): Pending | null {
  try {
    const pending = parser.parse(JSON.parse(box.open(...SEALED_UNDER, sealed)), 'cookie');
    return pending.expiresAt > nowMs ? pending : null;
  } catch {
    return null;
  }
}

const PATH = /^\/[\x21-\x5b\x5d-\x7e]{0,500}$/;

/** A path on this server; the overview for what is none. It is only ever put behind our own address. */
export function nextPath(given: unknown): string {
  return typeof given === 'string' && PATH.test(given) ? given : '/';
}
