/**
 * Notification channels: where messages go. A kind is one file in `channels/` and a line in `KINDS`.
 *
 * Written with secrets as text (`ChannelInput`); stored, shown and digested with references in
 * their place (`Channel`); delivered to with their values (`OpenedChannel`).
 */
import Type, { type Static } from 'typebox';
import { ALERTMANAGER } from './channels/alertmanager.ts';
import { APPRISE } from './channels/apprise.ts';
import type { ChannelKind, Opened } from './channels/common.ts';
import { DISCORD } from './channels/discord.ts';
import { EMAIL } from './channels/email.ts';
import { NTFY } from './channels/ntfy.ts';
import { OPSGENIE } from './channels/opsgenie.ts';
import { PAGERDUTY } from './channels/pagerduty.ts';
import { SLACK } from './channels/slack.ts';
import { TEAMS } from './channels/teams.ts';
import { TELEGRAM } from './channels/telegram.ts';
import { WEBHOOK } from './channels/webhook.ts';
import type { SecretRef, Secrets } from './checks/common.ts';
import { misfit } from './checks/input.ts';
import { parserOf, type Parser } from './parse.ts';

/** Node and browsers have it; this package is compiled without the types of either. */
declare const URL: { canParse(text: string): boolean };

const KINDS = {
  webhook: WEBHOOK,
  slack: SLACK,
  pagerduty: PAGERDUTY,
  email: EMAIL,
  telegram: TELEGRAM,
  discord: DISCORD,
  teams: TEAMS,
  ntfy: NTFY,
  opsgenie: OPSGENIE,
  alertmanager: ALERTMANAGER,
  apprise: APPRISE,
} satisfies Readonly<Record<string, ChannelKind>>;

type Kinds = typeof KINDS;
export type ChannelType = keyof Kinds;

export const ChannelInput = Type.Union([
  WEBHOOK.input,
  SLACK.input,
  PAGERDUTY.input,
  EMAIL.input,
  TELEGRAM.input,
  DISCORD.input,
  TEAMS.input,
  NTFY.input,
  OPSGENIE.input,
  ALERTMANAGER.input,
  APPRISE.input,
]);
export type ChannelInput = Static<typeof ChannelInput>;

export const Channel = Type.Union([
  WEBHOOK.shown,
  SLACK.shown,
  PAGERDUTY.shown,
  EMAIL.shown,
  TELEGRAM.shown,
  DISCORD.shown,
  TEAMS.shown,
  NTFY.shown,
  OPSGENIE.shown,
  ALERTMANAGER.shown,
  APPRISE.shown,
]);
export type Channel = Static<typeof Channel>;

/** Of one kind, or of any. */
export type OpenedChannel<T extends ChannelType = ChannelType> = T extends ChannelType
  ? Opened<Extract<Channel, { type: T }>>
  : never;

const unionParser = parserOf(ChannelInput);

export const channelParser: Pick<Parser<ChannelInput>, 'parse'> = {
  parse(value, what) {
    const input = unionParser.parse(value, what);
    requireConsistent(input);
    return input;
  },
};

/** What a schema cannot say: of an address, and of one field beside another. */
function requireConsistent(input: ChannelInput): void {
  requireAddresses(input);
  switch (input.type) {
    case 'email':
      requirePair(input, 'username', 'password');
      if (input.security === 'none' && input.password !== undefined) {
        throw misfit('/password', 'would be sent in the clear: use starttls or tls');
      }
      return;
    case 'alertmanager':
      requirePair(input, 'username', 'password');
      if (input.password !== undefined && input.token !== undefined) {
        throw misfit('/token', 'is not used with a password: give one of them');
      }
      return;
    case 'apprise':
      if ((input.key === undefined) === (input.urls === undefined)) {
        throw misfit('/key', 'or urls is required, and not both');
      }
      return;
    default:
  }
}

/** What no address can be made of would fail at each message, with its secrets in the error. */
function requireAddresses(input: Readonly<Record<string, unknown>>): void {
  for (const field of ['url', 'apiUrl']) {
    const value = input[field];
    if (typeof value !== 'string' || URL.canParse(value)) continue;
    throw misfit(`/${field}`, 'is no address: its host or its port cannot be read');
  }
}

function requirePair<K extends string>(
  input: { readonly [Name in K]?: unknown },
  one: K,
  other: K,
): void {
  if ((input[one] === undefined) === (input[other] === undefined)) return;
  const missing = input[one] === undefined ? one : other;
  throw misfit(`/${missing}`, `is required: ${one} and ${other} go together`);
}

/** A secret's place in its channel; `name` is what its reference has said so far. */
export interface KeptSecret {
  readonly name: string;
  readonly pointer: string;
}

/**
 * Puts references in the place of secrets, named after their fields, and the secrets aside. `keep`
 * gives the stored value that a reference in the input stands for, or throws.
 */
export function publishChannel(
  input: ChannelInput,
  keep: (secret: KeptSecret) => string,
): { channel: Channel; secrets: Secrets } {
  requireConsistent(input);
  const secrets: Secrets = {};
  const put = (value: string | SecretRef, name: string): SecretRef => {
    const pointer = `/${name.replace('.', '/')}`;
    secrets[name] = typeof value === 'string' ? value : keep({ name: value.secretRef, pointer });
    return { secretRef: name };
  };
  const fields = Object.entries(input).map(([field, value]: [string, unknown]) => {
    if (!secretFieldsOf(input.type).includes(field)) return [field, value] as const;
    const given = value as string | SecretRef | (string | SecretRef)[];
    if (!Array.isArray(given)) return [field, put(given, field)] as const;
    return [field, given.map((each, i) => put(each, `${field}.${i}`))] as const;
  });
  return { channel: Object.fromEntries(fields) as Channel, secrets };
}

export function secretFieldsOf(type: ChannelType): readonly string[] {
  return KINDS[type].secrets;
}

/** The channel with the values of its secrets in their places; `read` gives each by its name. */
export function openChannel(channel: Channel, read: (name: string) => string): OpenedChannel {
  const open = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(open);
    return read((value as SecretRef).secretRef);
  };
  const secret = secretFieldsOf(channel.type);
  const fields = Object.entries(channel).map(([field, value]: [string, unknown]) =>
    secret.includes(field) ? [field, open(value)] : [field, value],
  );
  return Object.fromEntries(fields) as OpenedChannel;
}
