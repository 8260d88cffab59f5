/** Tells once, whichever coordinator is first to see it, that nothing is heard of an agent. */
import { formatTimestamp } from '@trustmonitor/protocol';
import type { Clock } from '../../clock.ts';
import { markAgentsLost } from '../../store/agents.ts';
import type { Database } from '../../store/database.ts';
import { insertEvents } from '../../store/events.ts';

/** Agents are lost after 10 s of silence, and what was heard of them is written every 5 s. */
const LOST_AFTER_MS = 15_000;

export async function tellOfLostAgents(database: Database, clock: Clock): Promise<void> {
  const now = clock();
  await database.transaction(async (tx) => {
    const lost = await markAgentsLost(tx, new Date(now - LOST_AFTER_MS));
    await insertEvents(
      tx,
      lost.map(({ agent, region, lastSeenAt }) => ({
        type: 'agent.lost',
        at: formatTimestamp(now),
        agent,
        region,
        lastSeenAt: lastSeenAt.toISOString(),
      })),
    );
  });
}
