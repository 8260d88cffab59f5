import Type, { type Static } from 'typebox';
import { Strict } from '../schema.ts';
import { CheckCommon, Host, IpFamily, Port, TlsSettings } from './common.ts';
import {
  completeTls,
  hostOf,
  IpFamilyInput,
  portOf,
  type SecretCollector,
  type TargetInput,
  TlsInput,
} from './input.ts';

const Alpn = Type.Array(Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' }), { maxItems: 8 });

/** A TLS handshake, and what the server proved with it. */
export const TlsCheck = Strict({
  type: Type.Literal('tls'),
  host: Host,
  port: Port,
  ...CheckCommon,
  tls: Strict({
    ...TlsSettings.properties,
    /** Protocols to offer (RFC 7301), the preferred one first. */
    alpn: Alpn,
    ipFamily: IpFamily,
  }),
});
export type TlsCheck = Static<typeof TlsCheck>;

export const TlsCheckInput = Strict({
  ...TlsInput.properties,
  alpn: Type.Optional(Alpn),
  ipFamily: IpFamilyInput,
});
export type TlsCheckInput = Static<typeof TlsCheckInput>;

export function completeTlsCheck(
  target: TargetInput,
  input: TlsCheckInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
): TlsCheck {
  return {
    type: 'tls',
    host: hostOf(target, 'tls'),
    port: portOf(target, 'tls', 443),
    ...common,
    tls: {
      ...completeTls(input, 'tls', secrets),
      alpn: input.alpn ?? [],
      ipFamily: input.ipFamily ?? 'any',
    },
  };
}
