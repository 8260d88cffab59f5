/** Telegram, by a bot: `sendMessage` with HTML. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { factsWithin, markOf } from './facts.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { cut, oneLine, plainUrl } from './text.ts';

const API = 'https://api.telegram.org';
/** A message has 4096 characters at most; what escaping adds is not counted, and stays below. */
const MAX = { title: 600, value: 300, facts: 9 };

export const deliverTelegram: Deliver<'telegram'> = async (channel, { payload }, signal) => {
  const url = new URL(`/bot${channel.botToken}/sendMessage`, channel.apiUrl ?? API).href;
  return post({ url, body: payloadOf(payload, channel) }, signal);
};

function payloadOf(payload: Payload, channel: OpenedChannel<'telegram'>): object {
  const story = storyOf(payload);
  const facts = factsWithin(story, MAX.facts).map(
    ({ label, value }) => `${escape(label)}: ${escape(cut(oneLine(value), MAX.value))}`,
  );
  const links = story.links
    .filter(({ url }) => url.length <= 500)
    .map(({ label, url }) => `<a href="${plainUrl(url).replaceAll('&', '&amp;')}">${label}</a>`);
  const lines = [
    `${markOf(story)} <b>${escape(cut(oneLine(story.title), MAX.title))}</b>`,
    ...facts,
    links.join(' · '),
    story.command === null ? '' : `<code>${escape(cut(story.command, MAX.value))}</code>`,
  ];
  return {
    chat_id: channel.chatId,
    ...(channel.threadId === undefined ? {} : { message_thread_id: channel.threadId }),
    text: lines.filter((line) => line !== '').join('\n'),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  };
}

/**
 * Telegram makes mentions, commands and tags of plain text by itself; an invisible joiner after the
 * sign keeps it from that, and is nothing to see.
 */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[@#]|(?<=^|\s)\//g, '$&\u2060');
}
