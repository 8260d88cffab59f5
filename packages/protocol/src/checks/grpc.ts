import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { CheckCommon, Host, IpFamily, Port, SentHeaders, TlsSettings } from './common.ts';
import {
  completeHeaders,
  completeTls,
  HeadersInput,
  hostOf,
  IpFamilyInput,
  portOf,
  type SecretCollector,
  type TargetInput,
  TlsInput,
} from './input.ts';

const Service = Type.String({ maxLength: 512 });

/** `grpc.health.v1.Health/Check`: up when the service says `SERVING`. */
export const GrpcCheck = Strict({
  type: Type.Literal('grpc'),
  host: Host,
  port: Port,
  ...CheckCommon,
  grpc: Strict({
    /** The service to ask about; empty for the server as a whole. */
    service: Service,
    headers: SentHeaders,
    ipFamily: IpFamily,
    /** Null: plaintext HTTP/2. */
    tls: Nullable(TlsSettings),
  }),
});
export type GrpcCheck = Static<typeof GrpcCheck>;

export const GrpcInput = Strict({
  service: Type.Optional(Service),
  headers: Type.Optional(HeadersInput),
  ipFamily: IpFamilyInput,
  /** `false` for plaintext; by default TLS with the public roots. */
  tls: Type.Optional(Type.Union([Type.Literal(false), TlsInput])),
});
export type GrpcInput = Static<typeof GrpcInput>;

export function completeGrpc(
  target: TargetInput,
  input: GrpcInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
): GrpcCheck {
  return {
    type: 'grpc',
    host: hostOf(target, 'grpc'),
    port: portOf(target, 'grpc', input.tls === false ? undefined : 443),
    ...common,
    grpc: {
      service: input.service ?? '',
      headers: completeHeaders(input.headers ?? {}, 'grpc', secrets),
      ipFamily: input.ipFamily ?? 'any',
      tls: input.tls === false ? null : completeTls(input.tls, 'grpc', secrets),
    },
  };
}
