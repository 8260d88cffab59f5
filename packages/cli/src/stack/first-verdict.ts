/** The proof that everything works together: a round that has been decided. */
import type { MonitorResource } from '@trustmonitor/protocol';
import { formatDuration } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
import { agreement } from '../output/words.ts';
import { until } from './until.ts';

/** Monitors with long intervals may be due much later; their reader need not wait for it. */
const LONGEST_WAIT_MS = 30_000;

/** One clause about the first verdict there is, or about when it is due. */
export async function firstVerdict(api: ApiClient, signal: AbortSignal): Promise<string> {
  const isWatched = ({ enabled }: MonitorResource) => enabled;
  const monitors = (await api.monitors()).filter(isWatched);
  if (monitors.length === 0) return 'no monitor is watched';
  const decided = await until(
    async () =>
      (await api.monitors()).filter(isWatched).find(({ verdict }) => verdict !== null) ?? null,
    { withinMs: LONGEST_WAIT_MS, signal },
  );
  if (decided === null) return `none yet; the next round is due within ${nextRound(monitors)}`;
  return describe(decided, api);
}

async function describe({ id, verdict }: MonitorResource, api: ApiClient): Promise<string> {
  const [round] = await api.rounds(id, { limit: 1 });
  if (round === undefined) return `${id} is ${verdict ?? 'waiting'}`;
  const votes = round.votes.map(({ vote }) => vote);
  return `${id} is ${round.verdict}: ${agreement(votes, round.members.length)}`;
}

function nextRound(monitors: readonly MonitorResource[]): string {
  return formatDuration(Math.min(...monitors.map(({ intervalMs }) => intervalMs)));
}
