/** `tcp`: a connection, and optionally a scripted conversation. */
import type { TcpCheck, TcpStep, TlsSettings } from '@trustmonitor/protocol';
import { matches } from '../assertions/engines.ts';
import { attempt } from '../attempt.ts';
import { connectTcp, connectTls, type Endpoint } from '../net/connect.ts';
import { Conversation } from '../net/conversation.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile, type TlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';
import { reveal } from '../secrets.ts';

export const probeTcp: Probe<TcpCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const { host, port, tcp } = check;
    const endpoint = { address: await resolveTarget(run, host, tcp.ipFamily), host, port };
    const profile = tcp.tls && tlsProfile(tcp.tls, run.secrets);
    const conversation = await converse(run, endpoint, tcp.implicitTls ? profile : null);
    for (const step of tcp.script) await take(run, conversation, step, tcp.tls);
    conversation.end();
  });

/** Connects, with TLS from the first byte where there is a profile. */
export async function converse(
  run: Run,
  endpoint: Endpoint,
  profile: TlsProfile | null,
): Promise<Conversation> {
  const socket =
    profile === null
      ? await connectTcp(run, endpoint)
      : await connectTls(run, endpoint, profile, []);
  return new Conversation(run, endpoint, socket);
}

async function take(
  run: Run,
  conversation: Conversation,
  step: TcpStep,
  tls: TlsSettings | null,
): Promise<void> {
  if ('send' in step) {
    conversation.send(reveal(step.send, run.secrets));
  } else if ('expect' in step) {
    await conversation.expect(`/${step.expect}/`, (text) =>
      matches(step.expect, text) ? true : null,
    );
  } else if (tls !== null) {
    await conversation.startTls(tlsProfile(tls, run.secrets));
  }
}
