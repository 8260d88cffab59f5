/** `smtp`: greeting, EHLO and STARTTLS (RFC 5321, RFC 3207), up to the point of sending mail. */
import type { SmtpCheck } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { excerpt, ProbeFailure } from '../failure.ts';
import type { Conversation } from '../net/conversation.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';
import { converse } from './tcp.ts';

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

export const probeSmtp: Probe<SmtpCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const { host, port, smtp } = check;
    const endpoint = { address: await resolveTarget(run, host, smtp.ipFamily), host, port };
    const profile = smtp.tls && tlsProfile(smtp.tls, run.secrets);
    const ehlo = `EHLO ${smtp.ehloName}\r\n`;

    const conversation = await converse(
      run,
      endpoint,
      smtp.security === 'implicit' ? profile : null,
    );
    await replyTo(run, conversation, null, 220);
    const offered = await replyTo(run, conversation, ehlo, 250);
    if (smtp.security === 'starttls' && profile !== null) {
      if (!offered.lines.some((line) => /^STARTTLS\b/i.test(line))) {
        throw new ProbeFailure('assertion_failed', 'the server does not offer STARTTLS');
      }
      await replyTo(run, conversation, 'STARTTLS\r\n', 220);
      await conversation.startTls(profile);
      await replyTo(run, conversation, ehlo, 250);
    }
    conversation.send('QUIT\r\n');
    conversation.end();
  });

/** Sends a command, or waits for the greeting, and refuses any reply but the one wanted. */
async function replyTo(
  run: Run,
  conversation: Conversation,
  command: string | null,
  wanted: number,
): Promise<Reply> {
  if (command !== null) conversation.send(command);
  const reply = await conversation.expect(`a reply ${wanted}`, readReply);
  run.seen.status = reply.code;
  if (reply.code !== wanted) {
    const said = JSON.stringify(excerpt(reply.lines.join(' '), 200));
    const asked = command === null ? 'the greeting' : command.trim().split(' ')[0];
    throw new ProbeFailure('status_unexpected', `${asked} was answered with ${reply.code} ${said}`);
  }
  return reply;
}

/** RFC 5321 section 4.2: `250-first`, `250-more`, `250 last`. */
function readReply(text: string): Reply | null {
  const lines = text.split('\r\n').slice(0, -1);
  const bad = lines.find((line) => !/^[2-5]\d\d(?:[ -]|$)/.test(line));
  if (bad !== undefined || (lines.length === 0 && text !== '' && !/^[2-5]/.test(text))) {
    const said = JSON.stringify(excerpt(bad ?? text, 64));
    throw new ProbeFailure('protocol_error', `not an SMTP reply: ${said}`);
  }
  const last = lines.findIndex((line) => line.charAt(3) !== '-');
  if (last < 0) return null;
  const own = lines.slice(0, last + 1);
  return { code: Number(own[0]?.slice(0, 3)), lines: own.map((line) => line.slice(4)) };
}
