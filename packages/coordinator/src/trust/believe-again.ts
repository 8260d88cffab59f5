/** Agents that have proved themselves begin anew: what they said before is held against none. */
import { formatTimestamp, type LiveEvent } from '@trustmonitor/protocol';
import { SYSTEM, insertAudit } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import { lockTrust, upsertTrust } from '../store/trust.ts';
import { unknownScore } from './score.ts';

/** Returns the events to be told of it. */
export async function believeAgain(
  tx: Queryable,
  agents: readonly string[],
  nowMs: number,
): Promise<LiveEvent[]> {
  const known = await lockTrust(tx);
  const trusts = [...new Set(agents)].flatMap((agent) => known.get(agent) ?? []);
  await upsertTrust(
    tx,
    trusts.map((trust) => {
      const { totals } = trust.score;
      return { ...trust, score: { ...unknownScore(nowMs), totals } };
    }),
  );
  const cleared = trusts.filter(({ score }) => score.flaggedAtMs !== null);
  for (const { agent } of cleared) {
    const detail = { monitors: [] };
    await insertAudit(tx, { actor: SYSTEM, action: 'agent.cleared', subject: agent, detail });
  }
  return cleared.map(({ agent }) => {
    return { type: 'agent.cleared', at: formatTimestamp(nowMs), agent, monitors: [] };
  });
}
