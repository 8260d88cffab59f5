/**
 * What every scenario stands on: a network of real processes, its target with the truth about it, a
 * webhook that receives, and statements on the database from outside.
 */
import type { Member, MonitorResource } from '@trustmonitor/protocol';
import { afterAll, expect } from 'vitest';
import { Sql } from '../../../packages/coordinator/test/support/database.ts';
import {
  startNetwork,
  tellSoon,
  type Network,
  type NetworkOptions,
} from '../../support/network.ts';
import { startReceiver, type Receiver } from '../../support/receiver.ts';
import { until } from '../../support/until.ts';
import { isFull } from './scale.ts';
import { UP, Truth } from './truth.ts';

export const REGIONS = ['ap-south', 'eu-west', 'us-east'];

/** Every region in a group of its own. */
const membersOf = (regions: readonly string[]): Member[] =>
  regions.map((region) => ({ region, group: `provider-${region}` }));

export interface World {
  readonly network: Network;
  readonly regions: readonly string[];
  readonly truth: Truth;
  readonly receiver: Receiver;
  readonly sql: Sql;
  /** Incidents whose evidence was verified, at whatever stage. */
  readonly verified: Set<string>;
}

export interface WorldOptions extends Partial<NetworkOptions> {
  readonly regions?: readonly string[];
}

/** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { regions = REGIONS, ...rest } = options;
  const network = await startNetwork({ members: membersOf(regions), ...rest });
  const truth = await Truth.start();
  const receiver = await startReceiver();
  const sql = new Sql(network.databaseUrl);
  afterAll(async () => {
    await Promise.all([truth.close(), receiver.close(), sql.close()]);
  });
  const channel = { id: 'ops', type: 'webhook', url: receiver.url };
  expect((await network.api.call('PUT', '/v1/channels/ops', channel)).status).toBe(200);
  if (!isFull) await tellSoon(network.api);
  return { network, regions, truth, receiver, sql, verified: new Set() };
}

/** Creates a monitor whose target is up, and waits until all regions have said so. */
export async function watch(
  { network: { api }, truth }: World,
  id: string,
  settings: Record<string, unknown> = {},
): Promise<void> {
  truth.set(id, UP);
  const input = {
    id,
    name: id,
    url: truth.urlOf(id),
    interval: '1s',
    timeout: '1s',
    confirm: { rounds: 2, after: '1s' },
    ...settings,
  };
  expect((await api.call('POST', '/v1/monitors', input)).status).toBe(201);
  await verdict({ network: { api } }, id, 'up');
}

export function verdict(
  { network: { api } }: { network: Pick<Network, 'api'> },
  id: string,
  wanted: MonitorResource['verdict'],
  limitMs?: number,
): Promise<true> {
  return until(
    `${id} to be ${wanted ?? 'without a verdict'}`,
    async () => ((await api.monitor(id)).verdict === wanted ? true : null),
    limitMs,
  );
}

export function incidentOf(
  { network: { api } }: World,
  id: string,
  state: 'open' | 'resolved',
  limitMs?: number,
) {
  return until(
    `${id} to have an incident that is ${state}`,
    async () => (await api.incidents(id)).data.find((incident) => incident.state === state),
    limitMs,
  );
}

/** Rounds of the monitor that were opened after `sinceMs`, by what the region said in them. */
export async function votesOf(
  { network }: World,
  monitor: string,
  region: string,
  sinceMs: number,
): Promise<string[]> {
  const { data } = await network.api.rounds(monitor);
  return data
    .filter(({ openedAt }) => Date.parse(openedAt) > sinceMs)
    .flatMap(({ votes }) => votes.filter((vote) => vote.region === region))
    .map(({ vote }) => vote);
}
