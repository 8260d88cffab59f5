/** How each region sees it at this moment: the votes of the newest round, and those that come meanwhile. */
import type { RoundDetail } from '@trustmonitor/protocol';
import { useState } from 'react';
import { useLive } from '../api/live.ts';
import { seenNow, type Cast, type SeenNow } from '../model/seen-now.ts';
import { latency } from '../model/words.ts';
import { Section } from '../parts/basics.tsx';
import { Mark, toneOfVote } from '../parts/mark.tsx';
import { PhaseBar } from '../parts/phases.tsx';
import { Ago, Moment } from '../parts/time.tsx';

interface NowProps {
  readonly id: string;
  /** Regions that are asked. */
  readonly asked: readonly string[];
  readonly round: RoundDetail | null;
}

export function MonitorNow({ id, asked, round }: NowProps) {
  const cast = useVotes(id);
  const voted = [...cast.keys(), ...(round?.votes.map(({ region }) => region) ?? [])];
  const all = [...new Set([...asked, ...voted])].toSorted();
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
            seen={seenNow(round, region, cast.get(region) ?? null)}
          />
        ))}
      </ul>
    </Section>
  );
}

interface RegionNowProps {
  readonly region: string;
  readonly seen: SeenNow;
}

function RegionNow({ region, seen }: RegionNowProps) {
  const { vote, at, latencyUs, result, isEarlier } = seen;
  const tone = toneOfVote(vote);
  const failure = result?.result.failure ?? null;
  const certificate = result?.result.response?.certificates[0];
  return (
    <li className={`tone-${tone}`} data-region={region}>
      <span className="region">
        <Mark tone={tone} label={vote ?? 'no vote yet'} size={14} /> {region}
      </span>
      <span className="figure">{vote === null ? '…' : latency(latencyUs)}</span>
      <span className="muted">
        {at === null ? 'not asked in this round' : <Ago at={at} />}
        {isEarlier && result !== null && (
          <>
            {' '}
            · details <Ago at={result.receivedAt} />
          </>
        )}
      </span>
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

/** The newest vote of each region since the page is open. */
function useVotes(id: string): ReadonlyMap<string, Cast> {
  const [votes, setVotes] = useState<ReadonlyMap<string, Cast>>(new Map());
  useLive((told) => {
    if (told.type !== 'vote.cast' || told.monitor !== id) return;
    const { at, round, region, vote, latencyUs } = told;
    setVotes((before) => new Map(before).set(region, { at, round, vote, latencyUs }));
  });
  return votes;
}
