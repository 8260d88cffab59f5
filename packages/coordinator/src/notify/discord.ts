/** Discord, by a webhook of a channel: one embed. */
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { factsWithin, markOf, type Story } from './facts.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { cut, oneLine, plainUrl } from './text.ts';

/** https://discord.com/developers/docs/resources/message#embed-object; 6000 in all. */
const MAX = { title: 256, description: 2_000, name: 256, value: 300, fields: 10 };
const COLOURS = { critical: 0xd92d20, error: 0xf79009, warning: 0xfdb022, info: 0x2e90fa };
const GREEN = 0x12b76a;

export const deliverDiscord: Deliver<'discord'> = async (channel, { payload }, signal) =>
  post({ url: channel.url, body: payloadOf(payload) }, signal);

function payloadOf(payload: Payload): object {
  const story = storyOf(payload);
  return {
    username: 'TrustMonitor',
    // Nobody is mentioned, whatever the text says.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cut(`${markOf(story)} ${escape(story.title)}`, MAX.title),
        description: descriptionOf(story),
        color: story.alert === 'close' ? GREEN : COLOURS[story.severity],
        timestamp: story.at,
        fields: factsWithin(story, MAX.fields).map(({ label, value }) => ({
          name: cut(escape(label), MAX.name),
          value: cut(escape(value), MAX.value) || '-',
          inline: value.length <= 40,
        })),
      },
    ],
  };
}

function descriptionOf({ links, command }: Story): string {
  const shown = links.map(({ label, url }) => `[${label}](${plainUrl(url)})`);
  const whole = [shown.join(' · '), command === null ? '' : `\`${command}\``].join('\n').trim();
  return whole.length <= MAX.description ? whole : (shown[0] ?? '').slice(0, MAX.description);
}

/** Every sign that Discord's Markdown, mentions and links are made of. */
function escape(text: string): string {
  return oneLine(text).replace(/[\\`*_~|<>@#:[\]()-]/g, '\\$&');
}
