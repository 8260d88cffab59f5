/**
 * The SSRF guard: which addresses an agent may touch.
 *
 * Monitors name any host they like, so an agent would be a way into its own network. An address
 * is judged after the name was resolved and before anything is sent, for the first request and
 * for each redirect, and the connection goes to the very address that was judged.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TrustMonitorError } from '@trustmonitor/protocol';

export interface Guard {
  /** Null when `address`, which `host` stands for, may be probed; else the reason, in words. */
  refusal(address: string, host: string): string | null;
}

const MAX_JUDGED = 10_000;

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/**
 * Allows global unicast addresses, and beyond those only what `allow` names: networks
 * (`10.0.0.0/8`), addresses, host names, or `*.suffix` for the hosts below a name.
 *
 * Throws `config.invalid` for an entry that is none of these.
 */
export function createGuard({ allow }: { allow: readonly string[] }): Guard {
  const networks: Network[] = [];
  const names = new Set<string>();
  for (const entry of allow) {
    const network = networkOf(entry);
    if (network !== null) networks.push(network);
    else names.add(nameOf(entry));
  }

  const allowsName = (host: string): boolean =>
    names.has(host) || suffixesOf(host).some((suffix) => names.has(`*.${suffix}`));
  const allowsAddress = (address: Address): boolean =>
    networks.some((network) => contains(network, address));

  const judge = (text: string, host: string): string | null => {
    if (isIP(text) === 0) return `${text} is not an IP address`;
    if (names.size > 0 && allowsName(host.toLowerCase().replace(/\.$/, ''))) return null;
    // `process` unwraps IPv4-mapped addresses (::ffff:127.0.0.1).
    const address = ipaddr.process(text);
    if (isGlobal(address)) return null;
    const inner = embeddedIpv4(address);
    // A translator forwards to the address inside, so that one must be allowed too.
    const allowed =
      allowsAddress(address) && (inner === null || isGlobal(inner) || allowsAddress(inner));
    return allowed ? null : `${text} is a ${address.range()} address`;
  };

  // The judgement depends on nothing else, and a monitor asks for the same one again and again.
  const judged = new Map<string, string | null>();
  return {
    refusal(address, host) {
      const key = `${address} ${host}`;
      let refusal = judged.get(key);
      if (refusal === undefined) {
        refusal = judge(address, host);
        if (judged.size >= MAX_JUDGED) judged.clear();
        judged.set(key, refusal);
      }
      return refusal;
    },
  };
}

/** IPv4 `unicast`, or IPv6 `unicast` inside 2000::/3, the only block that IANA has given out. */
function isGlobal(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return !(address instanceof ipaddr.IPv6) || contains(GLOBAL_IPV6, address);
}

const GLOBAL_IPV6: Network = [ipaddr.IPv6.parse('2000::'), 3];
const NAT64: Network = [ipaddr.IPv6.parse('64:ff9b::'), 96];
const SIX_TO_FOUR: Network = [ipaddr.IPv6.parse('2002::'), 16];

/** The IPv4 address that a NAT64 (RFC 6052) or 6to4 (RFC 3056) gateway would send to. */
function embeddedIpv4(address: Address): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  if (contains(NAT64, address)) return new ipaddr.IPv4(bytes.slice(12, 16));
  if (contains(SIX_TO_FOUR, address)) return new ipaddr.IPv4(bytes.slice(2, 6));
  return null;
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

function networkOf(entry: string): Network | null {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  if (isIP(entry) === 0) return null;
  const address = ipaddr.process(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function nameOf(entry: string): string {
  const name = entry.toLowerCase().replace(/\.$/, '');
  if (!/^(?:\*\.)?(?!\d+$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)) {
    throw new TrustMonitorError('config.invalid', `"${entry}" is not a network, address or name`, {
      hint: 'Write a network (10.0.0.0/8), an address, a name, or *.name for the hosts below it.',
    });
  }
  return name;
}

/** `a.b.c` gives `b.c` and `c`. */
function suffixesOf(host: string): string[] {
  const labels = host.split('.');
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'));
}
