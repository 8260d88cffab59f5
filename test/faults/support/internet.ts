/**
 * Agents in network namespaces of their own, each behind a router of its own, so that what happens to a
 * region happens to packets, in the kernel, and not to connections in a proxy:
 *
 *     an agent's namespace --- its router's namespace --- this machine: broker, target, canaries
 *
 * Addresses are of 198.18.0.0/15, which is for tests of networks (RFC 2544): nothing real has them.
 */
import { spawnSync } from 'node:child_process';
import { startFaultProxy } from '@trustmonitor/testkit/faults';
import { afterAll } from 'vitest';

/** What agents reach, each at an address of its own. */
const OUTSIDE = ['broker', 'target', 'canary'] as const;
type Outside = (typeof OUTSIDE)[number];

export interface Internet {
  /** What to start the agent of a region with, so that it is in its own namespace. */
  wrapper(region: string): readonly string[];
  /** The same URL, as agents reach it. */
  reach(outside: Outside, url: string): Promise<string>;
  /** Its router swallows what goes there, without a word. */
  swallow(region: string, ...outside: readonly Outside[]): void;
  /** Its router loses this share of all that the region sends, at random. */
  lose(region: string, percent: number): void;
  /** Packets that its router has lost. */
  lostBy(region: string): number;
  heal(region: string): void;
}

/** Why there can be none here; null where there can. */
export function whyNoInternet(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs Linux and root';
  for (const [tool, debian] of [
    ['ip', 'iproute2'],
    ['nft', 'nftables'],
  ] as const) {
    if (spawnSync(tool, ['--version']).error !== undefined) {
      return `there is no ${tool} here (Debian: ${debian})`;
    }
  }
  const name = `tm-try-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) {
    return 'this kernel, or container, makes no network namespaces';
  }
  const { status } = spawnSync('ip', ['netns', 'exec', name, 'nft', 'add', 'table', 'ip', 'tm']);
  spawnSync('ip', ['netns', 'del', name]);
  return status === 0 ? null : 'this kernel filters no packets (nf_tables)';
}

/** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
export function startInternet(regions: readonly string[]): Internet {
  const undo: (() => unknown)[] = [];
  afterAll(() => undoAll(undo));
  let net: number;
  let places: Map<string, Place>;
  try {
    net = takeNet(undo);
    places = new Map(regions.map((region, i) => [region, layWay(net, i, undo)]));
  } catch (error) {
    // No hook of a file runs that could not be read to its end.
    void undoAll(undo);
    throw error;
  }
  const placeOf = (region: string): Place => places.get(region)!;
  const addressOf = (outside: Outside): string => `198.19.${net}.${OUTSIDE.indexOf(outside) + 1}`;
  return {
    wrapper: (region) => (places.has(region) ? ['ip', 'netns', 'exec', placeOf(region).agent] : []),
    async reach(outside, url) {
      const { hostname: host, port } = new URL(url);
      const way = await startFaultProxy({ host, port: Number(port) }, addressOf(outside));
      undo.push(() => way.close());
      return way.through(url);
    },
    swallow(region, ...outside) {
      const { router } = placeOf(region);
      for (const one of outside) within(router, `ip route add blackhole ${addressOf(one)}/32`);
    },
    lose(region, percent) {
      const { router } = placeOf(region);
      const rule = `iifname inner numgen random mod 100 < ${percent} counter drop`;
      within(router, `nft add rule ip tm forward ${rule}`);
    },
    lostBy: (region) => {
      const rules = within(placeOf(region).router, 'nft list chain ip tm forward');
      return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0);
    },
    heal(region) {
      const { router } = placeOf(region);
      within(router, 'nft flush chain ip tm forward');
      within(router, 'ip route flush type blackhole');
    },
  };
}

/** All steps, the newest first, each once, though one of them fails. */
async function undoAll(undo: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of undo.splice(0).toReversed()) {
    await Promise.resolve()
      .then(step)
      .catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'namespaces are left over');
}

/** A region's two namespaces. */
interface Place {
  readonly agent: string;
  readonly router: string;
}

/** The third number of all addresses: the first that no other run has. */
function takeNet(undo: (() => unknown)[]): number {
  for (let i = 0; i < 250; i += 1) {
    const net = (process.pid + i) % 250;
    if (spawnSync('ip', ['addr', 'add', `198.19.${net}.1/32`, 'dev', 'lo']).status !== 0) continue;
    const others = OUTSIDE.map((_, at) => `198.19.${net}.${at + 1}/32`);
    for (const address of others.slice(1)) run(`ip addr add ${address} dev lo`);
    undo.push(() => others.forEach((address) => run(`ip addr del ${address} dev lo`)));
    return net;
  }
  throw new Error('all addresses of 198.19.0.0/16 are taken: end other runs of this test');
}

function layWay(net: number, i: number, undo: (() => unknown)[]): Place {
  const name = `tm-${net}-${i}`;
  const place = { agent: `${name}-a`, router: `${name}-r` };
  const [router, agent, here, uplink] = [1, 2, 5, 6].map((at) => `198.18.${net}.${i * 8 + at}`);
  for (const namespace of [place.agent, place.router]) {
    run(`ip netns add ${namespace}`);
    // Its ends of the links go with it.
    undo.push(() => run(`ip netns del ${namespace}`));
    within(namespace, 'ip link set lo up');
  }
  run(`ip link add home netns ${place.agent} type veth peer name inner netns ${place.router}`);
  run(`ip link add ${name} type veth peer name outer netns ${place.router}`);
  within(place.agent, `ip addr add ${agent}/30 dev home`);
  within(place.router, `ip addr add ${router}/30 dev inner`);
  within(place.router, `ip addr add ${uplink}/30 dev outer`);
  run(`ip addr add ${here}/30 dev ${name}`);
  within(place.agent, 'ip link set home up');
  within(place.router, 'ip link set inner up');
  within(place.router, 'ip link set outer up');
  run(`ip link set ${name} up`);
  within(place.agent, `ip route add default via ${router}`);
  within(place.router, `ip route add default via ${here}`);
  within(place.router, 'sysctl -qw net.ipv4.ip_forward=1');
  within(place.router, 'nft add table ip tm');
  within(place.router, 'nft add chain ip tm forward { type filter hook forward priority 0 ; }');
  run(`ip route add 198.18.${net}.${i * 8}/30 via ${uplink}`);
  return place;
}

const within = (namespace: string, command: string): string =>
  run(`ip netns exec ${namespace} ${command}`);

function run(command: string): string {
  const [program = '', ...args] = command.split(' ');
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
  return stdout;
}
