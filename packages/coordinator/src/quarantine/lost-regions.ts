/**
 * Regions of which no agent is heard: not any more, or not once since it joined. Joining goes over
 * HTTPS, and all else over the broker, so that an agent can have joined and never be heard.
 */
import { isPush } from '@trustmonitor/protocol';
import type { KeyRings } from '../keyrings.ts';
import { selectHeardRegions, selectSenders } from '../store/agents.ts';
import type { Queryable } from '../store/database.ts';

/** An agent that has just joined is about to be heard. */
const JOINED_FOR_MS = 60_000;

/** `silentForMs`: after how long one is lost that was heard. Sorted. */
export async function findLostRegions(
  db: Queryable,
  { voters }: Pick<KeyRings, 'voters'>,
  silentForMs: number,
  nowMs: number,
): Promise<string[]> {
  const heard = await selectHeardRegions(db);
  const silent = [...heard].filter(([, at]) => at.getTime() < nowMs - silentForMs);
  const mute = voters.filter(
    (voter) => !heard.has(voter.region) && !isPush(voter) && voter.sinceMs <= nowMs - JOINED_FOR_MS,
  );
  const senders = mute.length === 0 ? new Set() : await selectSenders(db, mute.map(agentOf));
  const sending = new Set(mute.filter(({ agent }) => senders.has(agent)).map(regionOf));
  const never = mute.map(regionOf).filter((region) => !sending.has(region));
  return [...new Set([...silent.map(([region]) => region), ...never])].toSorted();
}

const agentOf = ({ agent }: { readonly agent: string }): string => agent;
const regionOf = ({ region }: { readonly region: string }): string => region;
