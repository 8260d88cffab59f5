/** `tls`: a handshake, and what the server proves with it. */
import type { TlsCheck } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { connectTls } from '../net/connect.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';

export const probeTls: Probe<TlsCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const { host, port, tls } = check;
    const address = await resolveTarget(run, host, tls.ipFamily);
    await connectTls(run, { address, host, port }, tlsProfile(tls, run.secrets), tls.alpn);
  });
