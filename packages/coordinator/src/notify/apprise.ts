/** Apprise API: one text, which it carries on to whatever it knows. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import type { Story } from './facts.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { cut, linesOf, oneLine } from './text.ts';

const MAX = { title: 250, body: 10_000 };

export const deliverApprise: Deliver<'apprise'> = async (channel, { payload }, signal) => {
  const path = channel.key === undefined ? '/notify' : `/notify/${channel.key}`;
  const url = channel.url.replace(/\/+$/, '') + path;
  return post({ url, body: payloadOf(payload, channel) }, signal);
};

function payloadOf(payload: Payload, { urls, tag }: OpenedChannel<'apprise'>): object {
  const story = storyOf(payload);
  return {
    ...(urls === undefined ? {} : { urls: urls.join(',') }),
    ...(tag === undefined ? {} : { tag }),
    title: cut(oneLine(story.title), MAX.title),
    body: cut(linesOf(story).join('\n'), MAX.body),
    type: typeOf(story),
    format: 'text',
  };
}

function typeOf({ alert, severity }: Story): 'info' | 'success' | 'warning' | 'failure' {
  if (alert === 'close') return 'success';
  if (severity === 'info' || severity === 'warning') return severity;
  return 'failure';
}
