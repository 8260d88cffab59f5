/** The rounds of an incident: those that records rest on, those of its time, and how it began. */
import type { IncidentDetail, RoundDetail, RoundResource } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { ApiProblem, get, type Page } from '../api/client.ts';
import { useRead, useResource } from '../api/resource.ts';
import { leadInOf, roundsQuery } from '../model/lead-in.ts';
import type { ReadRecord } from '../model/statement.ts';

/** Rounds shown beside those that records rest on. */
export const MOST_ROUNDS = 24;

export interface IncidentRounds {
  /** In whole: those that the records name and the first that failed, as far as they are kept. */
  readonly detailed: readonly RoundDetail[];
  /** Those of its time, and those that led to it. */
  readonly listed: readonly RoundResource[];
}

export function useRounds(
  incident: IncidentDetail,
  records: readonly ReadRecord[],
): IncidentRounds {
  const leadIn = useLeadIn(incident, records);
  const listed = useListedRounds(incident, records);
  const recorded = useRecordedRounds(records);
  const first = useRoundDetail(leadIn[0]?.id ?? null);
  return useMemo(
    () => ({
      detailed: first === null ? recorded : [first, ...recorded],
      listed: [...leadIn, ...listed],
    }),
    [first, recorded, leadIn, listed],
  );
}

const NONE: readonly never[] = [];

/** Those that the records name; some may not be kept any more. */
function useRecordedRounds(records: readonly ReadRecord[]): readonly RoundDetail[] {
  const ids = [
    ...new Set(records.flatMap(({ predicate }) => predicate.rounds.map((r) => r.round))),
  ];
  const read = async (signal: AbortSignal): Promise<RoundDetail[]> => {
    const rounds = await Promise.all(ids.map((id) => readRound(id, signal)));
    return rounds.filter((round) => round !== null);
  };
  return useRead(`rounds ${ids.join()}`, read).data ?? NONE;
}

function useRoundDetail(id: string | null): RoundDetail | null {
  return useRead(id && `round ${id}`, (signal) => readRound(id ?? '', signal)).data;
}

/** Null for one that is not kept any more. */
function readRound(id: string, signal: AbortSignal): Promise<RoundDetail | null> {
  return get<RoundDetail>(`/v1/rounds/${id}`, signal).catch((error: unknown) => {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) return null;
    throw error;
  });
}

/** They are over: read once. */
function useLeadIn(
  { monitor }: IncidentDetail,
  records: readonly ReadRecord[],
): readonly RoundResource[] {
  const { data } = useResource<Page<RoundResource>>(
    roundsQuery.before(monitor, records, MOST_ROUNDS),
  );
  return useMemo(() => leadInOf(data?.data ?? NONE, MOST_ROUNDS), [data]);
}

/** The newest of the incident's time. */
function useListedRounds(
  incident: IncidentDetail,
  records: readonly ReadRecord[],
): readonly RoundResource[] {
  const isOpen = incident.resolvedAt === null;
  const { data } = useResource<Page<RoundResource>>(
    roundsQuery.during(incident, records, MOST_ROUNDS),
    {
      on: (told) => isOpen && 'monitor' in told && told.monitor === incident.monitor,
      ...(isOpen ? { everyMs: 5_000 } : {}),
    },
  );
  return data?.data ?? NONE;
}
