import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { CheckCommon, Host, IpFamily, Port, SentText, TlsSettings } from './common.ts';
import {
  completeTls,
  hostOf,
  IpFamilyInput,
  portOf,
  type SecretCollector,
  type TargetInput,
  TextInput,
  TlsInput,
} from './input.ts';

/** A regular expression (RE2) that what was received since the last step must match. */
const Expect = Strict({ expect: Type.String({ minLength: 1, maxLength: 1_000 }) });
const StartTls = Strict({ startTls: Type.Literal(true) });
const MAX_STEPS = 32;

export const TcpStep = Type.Union([Expect, Strict({ send: SentText }), StartTls]);
export type TcpStep = Static<typeof TcpStep>;

/** A connection, and optionally a conversation over it. */
export const TcpCheck = Strict({
  type: Type.Literal('tcp'),
  host: Host,
  port: Port,
  ...CheckCommon,
  tcp: Strict({
    /** True: TLS from the first byte, as for IMAPS. `startTls` in the script does it later. */
    implicitTls: Type.Boolean(),
    script: Type.Array(TcpStep, { maxItems: MAX_STEPS }),
    ipFamily: IpFamily,
    tls: Nullable(TlsSettings),
  }),
});
export type TcpCheck = Static<typeof TcpCheck>;

export const TcpInput = Strict({
  implicitTls: Type.Optional(Type.Boolean()),
  script: Type.Optional(
    Type.Array(Type.Union([Expect, Strict({ send: TextInput }), StartTls]), {
      maxItems: MAX_STEPS,
    }),
  ),
  ipFamily: IpFamilyInput,
  tls: Type.Optional(TlsInput),
});
export type TcpInput = Static<typeof TcpInput>;

export function completeTcp(
  target: TargetInput,
  input: TcpInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
): TcpCheck {
  const script = (input.script ?? []).map((step, i) =>
    'send' in step ? { send: secrets.publish(step.send, `tcp.script.${i}.send`) } : step,
  );
  const implicitTls = input.implicitTls ?? false;
  const speaksTls = implicitTls || script.some((step) => 'startTls' in step);
  return {
    type: 'tcp',
    host: hostOf(target, 'tcp'),
    port: portOf(target, 'tcp'),
    ...common,
    tcp: {
      implicitTls,
      script,
      ipFamily: input.ipFamily ?? 'any',
      tls: speaksTls ? completeTls(input.tls, 'tcp', secrets) : null,
    },
  };
}
