/** Opsgenie, Alert API: alerts are created and closed by alias. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import type { Story } from './facts.ts';
import { postAll } from './post.ts';
import { storiesOf } from './story.ts';
import { cut, linesOf, oneLine } from './text.ts';

const API = 'https://api.opsgenie.com';
/** https://docs.opsgenie.com/docs/alert-api */
const MAX = { message: 130, alias: 512, description: 15_000, entity: 512, note: 25_000 };
const PRIORITY = { critical: 'P1', error: 'P2', warning: 'P3', info: 'P5' } as const;
const SOURCE = 'TrustMonitor';

export const deliverOpsgenie: Deliver<'opsgenie'> = async (channel, { payload }, signal) => {
  const headers = { authorization: `GenieKey ${channel.apiKey}` };
  const api = channel.apiUrl ?? API;
  const posts = requestsOf(payload, channel).map(({ path, body }) => {
    return { url: new URL(path, api).href, body, headers };
  });
  return postAll(posts, signal);
};

interface AlertRequest {
  readonly path: string;
  readonly body: object;
}

/** One for each alert. A test opens one and closes it. */
function requestsOf(payload: Payload, channel: OpenedChannel<'opsgenie'>): AlertRequest[] {
  return storiesOf(payload).flatMap((story) => requestsFor(story, channel));
}

function requestsFor(story: Story, channel: OpenedChannel<'opsgenie'>): AlertRequest[] {
  return story.keys.flatMap((key) => {
    const alias = cut(key, MAX.alias);
    const create = { path: '/v2/alerts', body: alertOf(story, alias, channel.tags ?? []) };
    const doing = (action: 'acknowledge' | 'close'): AlertRequest => ({
      path: `/v2/alerts/${encodeURIComponent(alias)}/${action}?identifierType=alias`,
      body: { source: SOURCE, note: cut(oneLine(story.title), MAX.note) },
    });
    const close = doing('close');
    if (story.alert === 'close') return [close];
    if (story.alert === 'acknowledge') return [doing('acknowledge')];
    return story.alert === 'pulse' ? [create, close] : [create];
  });
}

function alertOf(story: Story, alias: string, tags: readonly string[]): object {
  const title = oneLine(story.title);
  return {
    message: cut(title, MAX.message),
    alias,
    description: cut([title, '', ...linesOf(story)].join('\n'), MAX.description),
    details: { since: story.since, subject: story.subject },
    entity: cut(story.subject, MAX.entity),
    priority: PRIORITY[story.severity],
    source: SOURCE,
    tags: ['trustmonitor', ...tags].slice(0, 20),
  };
}
