/** Kinds of channels. Adding one is a file beside this and a line here. */
import type { Channel } from '@trustmonitor/protocol';
import type { Deliver } from './channel.ts';
import { deliverWebhook } from './webhook.ts';

export const DELIVER: Record<Channel['type'], Deliver> = {
  webhook: deliverWebhook,
};
