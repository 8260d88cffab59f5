/** What a region sees now: of its newest vote that was told, and its result in the newest round that was read. */
import type { RawVote, RoundDetail, Vote } from '@trustmonitor/protocol';

/** A vote as it was told live. */
export interface Cast {
  readonly at: string;
  readonly round: string;
  readonly vote: Vote;
  readonly latencyUs: number | null;
}

export interface SeenNow {
  /** Null: it has not voted yet. */
  readonly vote: Vote | null;
  readonly at: string | null;
  readonly latencyUs: number | null;
  /** What it saw: phases, failure, certificate. */
  readonly result: RawVote | null;
  /** `result` is of an earlier round than `vote`. */
  readonly isEarlier: boolean;
}

export function seenNow(round: RoundDetail | null, region: string, cast: Cast | null): SeenNow {
  const result = resultOf(round, region);
  const isSame = cast !== null && cast.round === round?.id;
  if (cast !== null && (isSame || result === null || isNewer(cast, result))) {
    const { vote, at, latencyUs } = cast;
    return { vote, at, latencyUs, result, isEarlier: result !== null && !isSame };
  }
  return {
    vote: result?.result.outcome ?? null,
    at: result?.receivedAt ?? null,
    latencyUs: result?.result.phases.totalUs ?? null,
    result,
    isEarlier: false,
  };
}

const isNewer = (cast: Cast, { receivedAt }: RawVote): boolean =>
  Date.parse(cast.at) >= Date.parse(receivedAt);

function resultOf(round: RoundDetail | null, region: string): RawVote | null {
  const own = round?.results.filter(({ result }) => result.region === region && result.final) ?? [];
  return own.at(-1) ?? null;
}
