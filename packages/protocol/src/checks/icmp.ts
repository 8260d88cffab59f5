import Type, { type Static } from 'typebox';
import { Strict } from '../schema.ts';
import { CheckCommon, Host, IpFamily } from './common.ts';
import { hostOf, IpFamilyInput, misfit, type TargetInput } from './input.ts';

const PacketCount = Type.Integer({ minimum: 1, maximum: 20 });

/** Echo requests. It is up when at least one is answered; assert on `loss` to ask for more. */
export const IcmpCheck = Strict({
  type: Type.Literal('icmp'),
  host: Host,
  ...CheckCommon,
  icmp: Strict({ count: PacketCount, ipFamily: IpFamily }),
});
export type IcmpCheck = Static<typeof IcmpCheck>;

export const IcmpInput = Strict({
  count: Type.Optional(PacketCount),
  ipFamily: IpFamilyInput,
});
export type IcmpInput = Static<typeof IcmpInput>;

export function completeIcmp(
  target: TargetInput,
  input: IcmpInput = {},
  common: CheckCommon,
): IcmpCheck {
  if (target.port !== undefined) throw misfit('/port', 'is not used by icmp');
  return {
    type: 'icmp',
    host: hostOf(target, 'icmp'),
    ...common,
    icmp: { count: input.count ?? 3, ipFamily: input.ipFamily ?? 'any' },
  };
}
