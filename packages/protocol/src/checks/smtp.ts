import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
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

/** `none`: plain. `starttls`: must be offered and must succeed. `implicit`: as on port 465. */
const Security = Type.Enum(['none', 'starttls', 'implicit']);
const EhloName = Type.String({ pattern: '^[A-Za-z0-9.:\\[\\]-]{1,253}$' });

/** Greeting, EHLO and, where asked for, STARTTLS with a second EHLO (RFC 5321, RFC 3207). */
export const SmtpCheck = Strict({
  type: Type.Literal('smtp'),
  host: Host,
  port: Port,
  ...CheckCommon,
  smtp: Strict({
    security: Security,
    ehloName: EhloName,
    ipFamily: IpFamily,
    tls: Nullable(TlsSettings),
  }),
});
export type SmtpCheck = Static<typeof SmtpCheck>;

export const SmtpInput = Strict({
  security: Type.Optional(Security),
  ehloName: Type.Optional(EhloName),
  ipFamily: IpFamilyInput,
  tls: Type.Optional(TlsInput),
});
export type SmtpInput = Static<typeof SmtpInput>;

const USUAL_PORT = { none: 25, starttls: 587, implicit: 465 } as const;

export function completeSmtp(
  target: TargetInput,
  input: SmtpInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
): SmtpCheck {
  const security = input.security ?? (target.port === 465 ? 'implicit' : 'none');
  return {
    type: 'smtp',
    host: hostOf(target, 'smtp'),
    port: portOf(target, 'smtp', USUAL_PORT[security]),
    ...common,
    smtp: {
      security,
      ehloName: input.ehloName ?? 'trustmonitor.invalid',
      ipFamily: input.ipFamily ?? 'any',
      tls: security === 'none' ? null : completeTls(input.tls, 'smtp', secrets),
    },
  };
}
