/**
 * PagerDuty, Events API v2: alerts are triggered, acknowledged and resolved under the incident's id.
 */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { factsWithin, type Story } from './facts.ts';
import { postAll } from './post.ts';
import { storiesOf } from './story.ts';
import { cut, oneLine, plainUrl } from './text.ts';

const EVENTS = 'https://events.pagerduty.com';
/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events */
const MAX = { summary: 1_024, source: 255, detail: 4_000 };

export const deliverPagerduty: Deliver<'pagerduty'> = async (channel, { payload }, signal) => {
  const url = new URL('/v2/enqueue', channel.apiUrl ?? EVENTS).href;
  const posts = payloadsOf(payload, channel).map((body) => ({ url, body }));
  return postAll(posts, signal);
};

/** One event for each alert. A test opens one and closes it. */
function payloadsOf(payload: Payload, channel: OpenedChannel<'pagerduty'>): object[] {
  return storiesOf(payload).flatMap((story) => eventsOf(story, channel));
}

function eventsOf(story: Story, channel: OpenedChannel<'pagerduty'>): object[] {
  return story.keys.flatMap((key) => {
    const event = { routing_key: channel.routingKey, dedup_key: cut(key, 255) };
    const trigger = { ...event, event_action: 'trigger', ...triggerOf(story) };
    const resolve = { ...event, event_action: 'resolve' };
    if (story.alert === 'close') return [resolve];
    if (story.alert === 'acknowledge') return [{ ...event, event_action: 'acknowledge' }];
    return story.alert === 'pulse' ? [trigger, resolve] : [trigger];
  });
}

function triggerOf(story: Story): object {
  const { title, links, command, severity, subject, since } = story;
  const details = factsWithin(story).map(
    ({ label, value }) => [label, cut(oneLine(value), MAX.detail)] as const,
  );
  return {
    client: 'TrustMonitor',
    payload: {
      summary: cut(oneLine(title), MAX.summary),
      source: cut(subject, MAX.source),
      severity,
      timestamp: since,
      class: 'availability',
      custom_details: {
        ...Object.fromEntries(details),
        ...(command === null ? {} : { Verify: command }),
      },
    },
    links: links.map(({ label, url }) => ({ href: plainUrl(url), text: label })),
  };
}
