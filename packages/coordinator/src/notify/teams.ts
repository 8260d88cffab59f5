/** Microsoft Teams, by a workflow's webhook: an Adaptive Card. */
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { factsWithin, markOf } from './facts.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { cut, oneLine, plainUrl } from './text.ts';

/** A card has 28 KB at most. */
const MAX = { title: 600, value: 500, facts: 12, actions: 6 };

export const deliverTeams: Deliver<'teams'> = async (channel, { payload }, signal) =>
  post({ url: channel.url, body: payloadOf(payload) }, signal);

function payloadOf(payload: Payload): object {
  const story = storyOf(payload);
  const colour = { critical: 'attention', error: 'warning', warning: 'warning', info: 'accent' };
  const title = {
    ...run(`${markOf(story)} ${cut(oneLine(story.title), MAX.title)}`),
    weight: 'bolder',
    size: 'medium',
    color: story.alert === 'close' ? 'good' : colour[story.severity],
  };
  const facts = factsWithin(story, MAX.facts).map(({ label, value }) =>
    line({ ...run(`${label}: `), weight: 'bolder' }, run(cut(oneLine(value), MAX.value))),
  );
  const command =
    story.command === null ? [] : [line({ ...run(story.command), fontType: 'monospace' })];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [line(title), ...facts, ...command],
          actions: story.links.slice(0, MAX.actions).map(({ label, url }) => {
            return { type: 'Action.OpenUrl', title: label, url: plainUrl(url) };
          }),
        },
      },
    ],
  };
}

/** Text blocks understand Markdown; runs of a rich text block show what they are given. */
function line(...inlines: object[]): object {
  return { type: 'RichTextBlock', inlines };
}

function run(text: string) {
  return { type: 'TextRun', text };
}
