/** How each region sees it at this moment: the votes of the newest round, and those that come meanwhile. */
import type { MonitorResource, RawVote, RoundDetail, Vote } from '@trustmonitor/protocol';
import { useState } from 'react';
import { useLive } from '../api/live.ts';
import { useRegions } from '../api/regions.ts';
import { regionsOf } from '../model/regions.ts';
import { latency } from '../model/words.ts';
import { Section } from '../parts/basics.tsx';
import { Mark, toneOfVote } from '../parts/mark.tsx';
import { PhaseBar } from '../parts/phases.tsx';
import { Ago, Moment } from '../parts/time.tsx';

interface NowProps {
  readonly monitor: MonitorResource;
  readonly round: RoundDetail | null;
}

interface Cast {
  readonly at: string;
  readonly vote: Vote;
  readonly latencyUs: number | null;
}

export function MonitorNow({ monitor, round }: NowProps) {
  const cast = useVotes(monitor.id);
  const regions = useRegions();
  const names = regionsOf(monitor.regions, regions);
  const voted = [...cast.keys(), ...(round?.votes.map(({ region }) => region) ?? [])];
  const all = [...new Set([...names, ...voted])].toSorted();
  return (
    <Section
      title="Now"
      aside={
        round === null ? (
          'the first round is under way'
        ) : (
          <>
            newest round <Ago at={round.closedAt} />, {round.required} of{' '}
            {new Set(round.members.map(({ group }) => group)).size} voting groups decide
          </>
        )
      }
    >
      <ul className="now">
        {all.map((region) => (
          <RegionNow
            key={region}
            region={region}
            cast={cast.get(region) ?? null}
            result={resultOf(round, region)}
          />
        ))}
      </ul>
    </Section>
  );
}

interface RegionNowProps {
  readonly region: string;
  readonly cast: Cast | null;
  readonly result: RawVote | null;
}

function RegionNow({ region, cast, result }: RegionNowProps) {
  const vote = cast?.vote ?? result?.result.outcome ?? null;
  const tone = toneOfVote(vote);
  const at = cast?.at ?? result?.receivedAt ?? null;
  const us = cast === null ? (result?.result.phases.totalUs ?? null) : cast.latencyUs;
  const failure = result?.result.failure ?? null;
  const certificate = result?.result.response?.certificates[0];
  return (
    <li className={`tone-${tone}`} data-region={region}>
      <span className="region">
        <Mark tone={tone} label={vote ?? 'no vote yet'} size={14} /> {region}
      </span>
      <span className="figure">{vote === null ? '…' : latency(us)}</span>
      <span className="muted">{at === null ? 'not asked in this round' : <Ago at={at} />}</span>
      {failure !== null && vote === 'down' && <span className="muted">{failure.detail}</span>}
      {result !== null && <PhaseBar phases={result.result.phases} />}
      {certificate !== undefined && (
        <span className="muted">
          certificate until <Moment at={certificate.notAfter} show="day" />
        </span>
      )}
    </li>
  );
}

function resultOf(round: RoundDetail | null, region: string): RawVote | null {
  const own = round?.results.filter(({ result }) => result.region === region && result.final) ?? [];
  return own.at(-1) ?? null;
}

/** The newest vote of each region since the page is open. */
function useVotes(id: string): ReadonlyMap<string, Cast> {
  const [votes, setVotes] = useState<ReadonlyMap<string, Cast>>(new Map());
  useLive((told) => {
    if (told.type !== 'vote.cast' || told.monitor !== id) return;
    const { at, region, vote, latencyUs } = told;
    setVotes((before) => new Map(before).set(region, { at, vote, latencyUs }));
  });
  return votes;
}
