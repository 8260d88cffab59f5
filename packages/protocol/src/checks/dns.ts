import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { CheckCommon, Host } from './common.ts';
import { hostOf, misfit, type TargetInput } from './input.ts';

const RecordType = Type.Enum(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'SOA', 'SRV', 'CAA']);
/** `auto` asks over UDP, and again over TCP when the answer was truncated (RFC 7766). */
const Transport = Type.Enum(['auto', 'udp', 'tcp']);
/** An IPv4 or IPv6 address or a name, with an optional port: `9.9.9.9`, `[2620:fe::9]:53`. */
const Server = Type.String({ pattern: '^[^\\s/?#@]{1,280}$' });

/** One question to one name server. `host` is the name asked for. */
export const DnsCheck = Strict({
  type: Type.Literal('dns'),
  host: Host,
  ...CheckCommon,
  dns: Strict({
    /** Null: the agent's own resolver. */
    server: Nullable(Server),
    recordType: RecordType,
    transport: Transport,
  }),
});
export type DnsCheck = Static<typeof DnsCheck>;

export const DnsInput = Strict({
  server: Type.Optional(Server),
  recordType: Type.Optional(RecordType),
  transport: Type.Optional(Transport),
});
export type DnsInput = Static<typeof DnsInput>;

export function completeDns(
  target: TargetInput,
  input: DnsInput = {},
  common: CheckCommon,
): DnsCheck {
  if (target.port !== undefined) throw misfit('/port', 'is not used by dns: see `dns.server`');
  return {
    type: 'dns',
    host: hostOf(target, 'dns'),
    ...common,
    dns: {
      server: input.server ?? null,
      recordType: input.recordType ?? 'A',
      transport: input.transport ?? 'auto',
    },
  };
}
