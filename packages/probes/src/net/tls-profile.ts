/** How to speak TLS with one target, and the secure context for it. */
import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Secrets, TlsSettings } from '@trustmonitor/protocol';
import { ProbeFailure } from '../failure.ts';
import { reveal } from '../secrets.ts';

export interface TlsProfile {
  readonly context: SecureContext;
  readonly verify: boolean;
  /** The name to send (SNI) and to check; null for that of the host. */
  readonly serverName: string | null;
}

/**
 * One context serves all probes with the same certificates: with one for each probe, a thousand
 * bare handshakes took 710 ms of CPU instead of 526. It holds no session: Node resumes only where
 * it is given one, and it never is here.
 */
const contexts = new Map<string, SecureContext>();
const MAX_CONTEXTS = 256;

/** `secrets` null: without the client certificate, as for an origin that it is not meant for. */
export function tlsProfile(settings: TlsSettings, secrets: Secrets | null): TlsProfile {
  const client =
    settings.client === null || secrets === null
      ? null
      : { certificate: settings.client.certificate, key: reveal(settings.client.key, secrets) };
  const { verify, serverName } = settings;
  return { verify, serverName, context: contextOf(settings.ca, client) };
}

interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

function contextOf(ca: string | null, client: ClientIdentity | null): SecureContext {
  const id = ca === null && client === null ? '' : digest([ca, client]);
  const known = contexts.get(id);
  if (known !== undefined) return known;
  const context = makeContext(ca, client);
  if (contexts.size >= MAX_CONTEXTS) contexts.clear();
  contexts.set(id, context);
  return context;
}

function makeContext(ca: string | null, client: ClientIdentity | null): SecureContext {
  try {
    return createSecureContext({
      ...(ca !== null && { ca }),
      ...(client !== null && { cert: client.certificate, key: client.key }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProbeFailure('internal_error', `the TLS settings cannot be used: ${reason}`);
  }
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
