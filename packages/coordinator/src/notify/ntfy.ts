/** ntfy: published as JSON, so that no text has to pass through a header. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { linesOf, oneLine, plainUrl } from './text.ts';

const SERVER = 'https://ntfy.sh';
/** https://docs.ntfy.sh/publish/#limitations: in bytes; a longer message becomes an attachment. */
const MAX_BYTES = { title: 250, message: 4_096 };
const PRIORITY = { critical: 5, error: 4, warning: 3, info: 3 } as const;

export const deliverNtfy: Deliver<'ntfy'> = async (channel, { payload }, signal) => {
  const { token } = channel;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const url = channel.url ?? SERVER;
  return post({ url, body: payloadOf(payload, channel), headers }, signal);
};

function payloadOf(payload: Payload, channel: OpenedChannel<'ntfy'>): object {
  const story = storyOf(payload);
  const isOver = story.alert === 'close';
  const [first] = story.links;
  return {
    topic: channel.topic,
    title: cutBytes(oneLine(story.title), MAX_BYTES.title),
    message: cutBytes(linesOf(story).join('\n'), MAX_BYTES.message),
    priority: isOver ? 3 : PRIORITY[story.severity],
    tags: [isOver ? 'white_check_mark' : story.severity === 'info' ? 'bell' : 'rotating_light'],
    ...(first === undefined ? {} : { click: plainUrl(first.url) }),
    actions: story.links.slice(0, 3).map(({ label, url }) => {
      return { action: 'view', label, url: plainUrl(url) };
    }),
  };
}

/** The longest beginning with so many bytes of UTF-8; what is cut off is marked. */
function cutBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const bytes = Buffer.from(text).subarray(0, limit - Buffer.byteLength('…'));
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}…`;
}
