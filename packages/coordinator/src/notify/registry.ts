/** Kinds of channels. Adding one is a file beside this and a line here. */
import { TrustMonitorError, type ChannelType, type OpenedChannel } from '@trustmonitor/protocol';
import { deliverAlertmanager } from './alertmanager.ts';
import { deliverApprise } from './apprise.ts';
import type { Deliver, Delivery, Message } from './channel.ts';
import { deliverDiscord } from './discord.ts';
import { deliverEmail } from './email.ts';
import { deliverNtfy } from './ntfy.ts';
import { deliverOpsgenie } from './opsgenie.ts';
import { deliverPagerduty } from './pagerduty.ts';
import { withoutSecrets } from './redact.ts';
import { deliverSlack } from './slack.ts';
import { deliverTeams } from './teams.ts';
import { deliverTelegram } from './telegram.ts';
import { cut } from './text.ts';
import { deliverWebhook } from './webhook.ts';

const MAX_ERROR = 400;

const DELIVER: { readonly [T in ChannelType]: Deliver<T> } = {
  webhook: deliverWebhook,
  slack: deliverSlack,
  pagerduty: deliverPagerduty,
  email: deliverEmail,
  telegram: deliverTelegram,
  discord: deliverDiscord,
  teams: deliverTeams,
  ntfy: deliverNtfy,
  opsgenie: deliverOpsgenie,
  alertmanager: deliverAlertmanager,
  apprise: deliverApprise,
};

/**
 * Delivers one message, before `signal` aborts. What went wrong is told without secrets; throws
 * `internal` where it is our own fault.
 */
export async function deliver(
  channel: OpenedChannel,
  message: Message,
  signal: AbortSignal,
): Promise<Delivery> {
  const send = DELIVER[channel.type] as (...args: Parameters<typeof deliver>) => Promise<Delivery>;
  const delivery = await send(channel, message, signal).catch((error: unknown) => {
    // Errors of the runtime hold what they are about: this is what may be logged of them.
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new TrustMonitorError('internal', withoutSecrets(words, channel));
  });
  if (delivery.ok) return delivery;
  // Cut afterwards: the beginning of a secret is not recognised as one.
  return { ...delivery, error: cut(withoutSecrets(delivery.error, channel), MAX_ERROR) };
}
