import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { CheckCommon, IpFamily, SentHeaders, SentText, TlsSettings } from './common.ts';
import {
  completeHeaders,
  completeTls,
  HeadersInput,
  IpFamilyInput,
  misfit,
  type SecretCollector,
  type TargetInput,
  TextInput,
  TlsInput,
} from './input.ts';
import { credentialIn } from './query.ts';

const Subprotocols = Type.Array(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }), {
  maxItems: 8,
});
const Expect = Type.String({ minLength: 1, maxLength: 1_000 });

/** A WebSocket handshake (RFC 6455), and optionally one message each way. */
export const WebsocketCheck = Strict({
  type: Type.Literal('websocket'),
  url: Type.String({ pattern: '^wss?://', maxLength: 2_048 }),
  ...CheckCommon,
  websocket: Strict({
    headers: SentHeaders,
    subprotocols: Subprotocols,
    /** Sent once the connection is open. */
    send: Nullable(SentText),
    /** A regular expression (RE2) that one of the messages received must match. */
    expect: Nullable(Expect),
    ipFamily: IpFamily,
    tls: TlsSettings,
  }),
});
export type WebsocketCheck = Static<typeof WebsocketCheck>;

export const WebsocketInput = Strict({
  headers: Type.Optional(HeadersInput),
  subprotocols: Type.Optional(Subprotocols),
  send: Type.Optional(TextInput),
  expect: Type.Optional(Expect),
  ipFamily: IpFamilyInput,
  tls: Type.Optional(TlsInput),
});
export type WebsocketInput = Static<typeof WebsocketInput>;

export function completeWebsocket(
  target: TargetInput,
  input: WebsocketInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
): WebsocketCheck {
  return {
    type: 'websocket',
    url: websocketUrlOf(target),
    ...common,
    websocket: {
      headers: completeHeaders(input.headers ?? {}, 'websocket', secrets),
      subprotocols: input.subprotocols ?? [],
      send: input.send === undefined ? null : secrets.publish(input.send, 'websocket.send'),
      expect: input.expect ?? null,
      ipFamily: input.ipFamily ?? 'any',
      tls: completeTls(input.tls, 'websocket', secrets),
    },
  };
}

function websocketUrlOf(target: TargetInput): string {
  if (target.host !== undefined) throw misfit('/host', 'is not used by websocket: give `url`');
  if (target.port !== undefined) throw misfit('/port', 'is not used by websocket: give `url`');
  if (target.url === undefined) throw misfit('/url', 'is required by websocket');
  if (!/^wss?:\/\/[^/?#\s]+/i.test(target.url)) {
    throw misfit('/url', `"${target.url}" is not a ws or wss URL`);
  }
  if (/^wss?:\/\/[^/?#]*@/i.test(target.url)) {
    throw misfit('/url', 'has credentials: give them as a header, which is kept secret');
  }
  const secret = credentialIn(target.url);
  if (secret !== undefined) {
    throw misfit('/url', `has "${secret}" in it: give it as a header, which is kept secret`);
  }
  return target.url.replace(/^wss?/i, (scheme) => scheme.toLowerCase());
}
