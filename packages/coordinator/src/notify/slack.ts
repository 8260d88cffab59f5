/** Slack, by an incoming webhook: Block Kit. */
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { factsWithin, markOf } from './facts.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { cut, oneLine, plainUrl } from './text.ts';

/** https://docs.slack.dev/reference/block-kit/blocks */
const MAX = { header: 150, text: 3_000, field: 2_000, fields: 10 };

export const deliverSlack: Deliver<'slack'> = async (channel, { payload }, signal) =>
  post({ url: channel.url, body: payloadOf(payload) }, signal);

/** All words from outside are in `plain_text`, which knows neither markup nor mentions. */
function payloadOf(payload: Payload): object {
  const story = storyOf(payload);
  const title = `${markOf(story)} ${oneLine(story.title)}`;
  const links = story.links.map(({ label, url }) => `<${plainUrl(url)}|${label}>`).join('  ·  ');
  const fields = factsWithin(story, MAX.fields).map(({ label, value }) =>
    plain(`${label}\n${oneLine(value)}`, MAX.field),
  );
  return {
    // Read in notifications, and by what shows no blocks.
    text: escape(cut(title, MAX.text)),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(title, MAX.header) },
      // A header is short: nothing of the sentence may be lost.
      ...(title.length > MAX.header ? [section(plain(title, MAX.text))] : []),
      { type: 'section', fields },
      ...(links === '' ? [] : [section({ type: 'mrkdwn', text: cut(links, MAX.text) })]),
      ...(story.command === null
        ? []
        : [{ type: 'context', elements: [plain(`Verify: ${story.command}`, MAX.text)] }]),
    ],
  };
}

function section(text: object): object {
  return { type: 'section', text };
}

function plain(text: string, limit: number): object {
  return { type: 'plain_text', text: cut(text, limit), emoji: false };
}

/** The three characters that Slack's markup, and so every mention, is made of. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
