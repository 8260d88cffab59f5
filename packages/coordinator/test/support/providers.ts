/**
 * What each provider documents of a request: its place, its credentials and the shape of its body,
 * with the limits. Written from the providers' pages and apart from the code that it checks.
 */
import type { ChannelType, OpenedChannel } from '@trustmonitor/protocol';
import Type, { type TProperties, type TSchema } from 'typebox';

export interface Provider<T extends ChannelType = ChannelType> {
  /** A channel whose requests come to `url`, which has no path. */
  readonly channel: (url: string) => OpenedChannel<T>;
  /** What is secret in it. */
  readonly secrets: readonly string[];
  readonly path: RegExp;
  readonly authorization?: string;
  /** Of a request to this path. */
  readonly body: (path: string) => TSchema;
  readonly maxBytes: number;
}

const strict = (properties: TProperties) =>
  Type.Object(properties, { additionalProperties: false });
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Url = Type.String({ pattern: '^https?://[^\\s<>|"]+$', maxLength: 3_000 });
const optional = Type.Optional;

/** https://docs.slack.dev/reference/block-kit */
const plain = (max: number) =>
  strict({ type: Type.Literal('plain_text'), text: text(max), emoji: Type.Literal(false) });
const slackBlock = Type.Union([
  strict({ type: Type.Literal('header'), text: plain(150) }),
  strict({ type: Type.Literal('section'), text: plain(3_000) }),
  strict({
    type: Type.Literal('section'),
    fields: Type.Array(plain(2_000), { minItems: 1, maxItems: 10 }),
  }),
  // The only markup: links that are ours.
  strict({
    type: Type.Literal('section'),
    text: strict({
      type: Type.Literal('mrkdwn'),
      text: Type.String({
        pattern:
          '^<https?://[^\\s<>|]+\\|[A-Z][a-z]+>(?:  ·  <https?://[^\\s<>|]+\\|[A-Z][a-z]+>)*$',
        maxLength: 3_000,
      }),
    }),
  }),
  strict({
    type: Type.Literal('context'),
    elements: Type.Array(plain(3_000), { minItems: 1, maxItems: 10 }),
  }),
]);
const slack = strict({
  text: Type.String({ pattern: '^[^<>]+$', maxLength: 40_000 }),
  unfurl_links: Type.Literal(false),
  unfurl_media: Type.Literal(false),
  blocks: Type.Array(slackBlock, { minItems: 1, maxItems: 50 }),
});

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events */
const pagerduty = Type.Union([
  strict({
    routing_key: Type.String({ pattern: '^[A-Za-z0-9]{32}$' }),
    event_action: Type.Literal('trigger'),
    dedup_key: text(255),
    client: text(255),
    payload: strict({
      summary: text(1_024),
      source: text(255),
      severity: Type.Enum(['critical', 'error', 'warning', 'info']),
      timestamp: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T' }),
      class: text(255),
      custom_details: Type.Record(Type.String(), Type.String()),
    }),
    links: Type.Array(strict({ href: Url, text: text(255) })),
  }),
  strict({
    routing_key: Type.String({ pattern: '^[A-Za-z0-9]{32}$' }),
    event_action: Type.Enum(['resolve', 'acknowledge']),
    dedup_key: text(255),
  }),
]);

/** https://core.telegram.org/bots/api#sendmessage; mentions and tags begin with no joiner. */
const telegram = strict({
  chat_id: Type.String(),
  message_thread_id: Type.Integer(),
  text: Type.String({
    pattern:
      '^(?:[^<>@#&]|&(?:amp|lt|gt);|[@#]\\u2060|</?(?:b|code)>|<a href="https?://[^\\s<>"]+">|</a>)+$',
  }),
  parse_mode: Type.Literal('HTML'),
  link_preview_options: strict({ is_disabled: Type.Literal(true) }),
});

/** https://discord.com/developers/docs/resources/webhook#execute-webhook */
const discord = strict({
  username: text(80),
  allowed_mentions: strict({ parse: Type.Array(Type.String(), { maxItems: 0 }) }),
  embeds: Type.Array(
    strict({
      title: Type.String({ pattern: '^(?:[^@<*_`]|\\\\[@<*_`])+$', maxLength: 256 }),
      description: Type.String({ maxLength: 4_096 }),
      color: Type.Integer({ minimum: 0, maximum: 0xffffff }),
      timestamp: Type.String(),
      fields: Type.Array(
        strict({
          name: text(256),
          value: Type.String({ pattern: '^(?:[^@<*_`]|\\\\[@<*_`])+$', maxLength: 1_024 }),
          inline: Type.Boolean(),
        }),
        { maxItems: 25 },
      ),
    }),
    { minItems: 1, maxItems: 10 },
  ),
});

/** https://adaptivecards.io/explorer; no element that reads Markdown. */
const run = strict({
  type: Type.Literal('TextRun'),
  text: Type.String({ minLength: 1 }),
  weight: optional(Type.Enum(['lighter', 'default', 'bolder'])),
  size: optional(Type.Enum(['small', 'default', 'medium', 'large', 'extraLarge'])),
  color: optional(Type.Enum(['default', 'accent', 'good', 'warning', 'attention'])),
  fontType: optional(Type.Enum(['default', 'monospace'])),
});
const teams = strict({
  type: Type.Literal('message'),
  attachments: Type.Array(
    strict({
      contentType: Type.Literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: Type.Null(),
      content: strict({
        $schema: Type.String(),
        type: Type.Literal('AdaptiveCard'),
        version: Type.Literal('1.4'),
        msteams: strict({ width: Type.Literal('Full') }),
        body: Type.Array(
          strict({
            type: Type.Literal('RichTextBlock'),
            inlines: Type.Array(run, { minItems: 1 }),
          }),
        ),
        actions: Type.Array(
          strict({ type: Type.Literal('Action.OpenUrl'), title: text(100), url: Url }),
          { maxItems: 6 },
        ),
      }),
    }),
    { minItems: 1, maxItems: 1 },
  ),
});

/** https://docs.ntfy.sh/publish/#publish-as-json */
const ntfy = strict({
  topic: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  title: text(250),
  message: text(4_096),
  priority: Type.Integer({ minimum: 1, maximum: 5 }),
  tags: Type.Array(Type.String()),
  click: optional(Url),
  actions: Type.Array(strict({ action: Type.Literal('view'), label: text(100), url: Url }), {
    maxItems: 3,
  }),
});

/** https://docs.opsgenie.com/docs/alert-api */
const opsgenieCreate = strict({
  message: text(130),
  alias: text(512),
  description: text(15_000),
  details: Type.Record(Type.String(), Type.String()),
  entity: text(512),
  priority: Type.Enum(['P1', 'P2', 'P3', 'P4', 'P5']),
  source: text(100),
  tags: Type.Array(text(50), { maxItems: 20 }),
});
const opsgenieClose = strict({ source: text(100), note: text(25_000) });

/** https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
const labelSet = Type.Record(Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }), text(100_000));
const rfc3339 = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' });
const alertmanager = Type.Array(
  strict({
    labels: labelSet,
    annotations: labelSet,
    startsAt: rfc3339,
    endsAt: rfc3339,
    generatorURL: optional(Url),
  }),
  { minItems: 1 },
);

/** https://github.com/caronc/apprise-api */
const apprise = strict({
  urls: Type.String({ minLength: 1 }),
  title: text(250),
  body: text(32_768),
  type: Type.Enum(['info', 'success', 'warning', 'failure']),
  format: Type.Enum(['text', 'markdown', 'html']),
});

const PLANTED = 'Planted0Secret0Planted0Secret012';
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const PROVIDERS: { readonly [T in Exclude<ChannelType, 'email'>]: Provider<T> } = {
  webhook: {
    channel: (url) => ({ id: 'c', type: 'webhook', url: `${url}/hook`, secrets: [WHSEC] }),
    secrets: [WHSEC],
    path: /^\/hook$/,
    body: () => Type.Object({ type: Type.String(), summary: Type.String() }),
    maxBytes: 1_000_000,
  },
  slack: {
    channel: (url) => ({ id: 'c', type: 'slack', url: `${url}/services/T0/B0/${PLANTED}` }),
    secrets: [PLANTED],
    path: /^\/services\/T0\/B0\/\w+$/,
    body: () => slack,
    maxBytes: 100_000,
  },
  pagerduty: {
    channel: (url) => ({ id: 'c', type: 'pagerduty', apiUrl: url, routingKey: PLANTED }),
    secrets: [PLANTED],
    path: /^\/v2\/enqueue$/,
    body: () => pagerduty,
    maxBytes: 512 * 1024,
  },
  telegram: {
    channel: (url) => {
      const chat = { chatId: '-1001234', threadId: 7, botToken: `123456:${PLANTED}` };
      return { id: 'c', type: 'telegram', apiUrl: url, ...chat };
    },
    secrets: [PLANTED],
    path: /^\/bot123456:\w+\/sendMessage$/,
    body: () => telegram,
    maxBytes: 100_000,
  },
  discord: {
    channel: (url) => ({ id: 'c', type: 'discord', url: `${url}/api/webhooks/1/${PLANTED}` }),
    secrets: [PLANTED],
    path: /^\/api\/webhooks\/1\/\w+$/,
    body: () => discord,
    maxBytes: 100_000,
  },
  teams: {
    channel: (url) => ({ id: 'c', type: 'teams', url: `${url}/workflows/1?sig=${PLANTED}` }),
    secrets: [PLANTED],
    path: /^\/workflows\/1\?sig=\w+$/,
    body: () => teams,
    maxBytes: 28_000,
  },
  ntfy: {
    channel: (url) => ({ id: 'c', type: 'ntfy', url, topic: PLANTED, token: 'tk_planted' }),
    secrets: [PLANTED, 'tk_planted'],
    path: /^\/$/,
    authorization: 'Bearer tk_planted',
    body: () => ntfy,
    maxBytes: 16_384,
  },
  opsgenie: {
    channel: (url) => ({ id: 'c', type: 'opsgenie', apiUrl: url, apiKey: PLANTED, tags: ['shop'] }),
    secrets: [PLANTED],
    path: /^\/v2\/alerts(?:\/[^/]+\/(?:close|acknowledge)\?identifierType=alias)?$/,
    authorization: `GenieKey ${PLANTED}`,
    body: (path) => (path === '/v2/alerts' ? opsgenieCreate : opsgenieClose),
    maxBytes: 100_000,
  },
  alertmanager: {
    channel: (url) => {
      const login = { username: 'tm', password: PLANTED };
      return {
        id: 'c',
        type: 'alertmanager',
        url: `${url}/am/`,
        labels: { team: 'shop' },
        ...login,
      };
    },
    secrets: [PLANTED, Buffer.from(`tm:${PLANTED}`).toString('base64')],
    path: /^\/am\/api\/v2\/alerts$/,
    authorization: `Basic ${Buffer.from(`tm:${PLANTED}`).toString('base64')}`,
    body: () => alertmanager,
    maxBytes: 1_000_000,
  },
  apprise: {
    channel: (url) => ({ id: 'c', type: 'apprise', url, urls: [`json://me:${PLANTED}@x.example`] }),
    secrets: [PLANTED],
    path: /^\/notify$/,
    body: () => apprise,
    maxBytes: 100_000,
  },
};
