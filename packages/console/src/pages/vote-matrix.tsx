/** Regions by rounds. A cell opens to what the region's agent saw. */
import type { Vote } from '@trustmonitor/protocol';
import { useState } from 'react';
import type { Matrix, MatrixRound } from '../model/matrix.ts';
import { Empty } from '../parts/basics.tsx';
import { Mark, toneOfVote } from '../parts/mark.tsx';
import { Attempts } from './attempts.tsx';

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

interface Opened {
  readonly round: string;
  readonly region: string;
}

export function VoteMatrix({ matrix }: { readonly matrix: Matrix }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  if (matrix.rounds.length === 0) return <Empty>No round is kept.</Empty>;
  return (
    <>
      <div
        className="matrix-scroll"
        tabIndex={0}
        role="region"
        aria-label="Votes by region and round"
      >
        <table className="matrix">
          <thead>
            <tr>
              <th scope="col">Region</th>
              {matrix.rounds.map((round) => (
                <RoundHead key={round.id} round={round} />
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map(({ region, group, votes }) => (
              <tr key={region}>
                <th scope="row" title={`voting group ${group}`}>
                  {region}
                </th>
                {matrix.rounds.map((round, i) => (
                  <VoteCell
                    key={round.id}
                    {...{ region, round, vote: votes[i] }}
                    isOpen={opened?.round === round.id && opened.region === region}
                    onOpen={setOpened}
                  />
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Quorum</th>
              {matrix.rounds.map(({ id, verdict }) => (
                <td key={id}>
                  <Mark tone={verdict} size={14} />
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      <p className="muted matrix-key">
        <span className="recorded-key" aria-hidden="true" /> rounds that a signed record rests on
      </p>
      {opened !== null && (
        <Attempts
          key={`${opened.round} ${opened.region}`}
          {...opened}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}

interface VoteCellProps {
  readonly region: string;
  readonly round: MatrixRound;
  readonly vote: Vote | null | undefined;
  readonly isOpen: boolean;
  readonly onOpen: (opened: Opened | null) => void;
}

function VoteCell({ region, round, vote, isOpen, onOpen }: VoteCellProps) {
  if (vote === undefined) return <td className="not-asked" />;
  const said = vote ?? 'no answer';
  return (
    <td>
      <button
        type="button"
        className="cell"
        aria-expanded={isOpen}
        aria-label={`${region}, round of ${CLOCK.format(new Date(round.openedAt))}: ${said}`}
        title={`${region}: ${said}`}
        onClick={() => onOpen(isOpen ? null : { round: round.id, region })}
      >
        <Mark tone={toneOfVote(vote)} label="" />
      </button>
    </td>
  );
}

function RoundHead({ round }: { readonly round: MatrixRound }) {
  const { openedAt, isRecorded } = round;
  const title = `${openedAt}${isRecorded ? ', in a signed record' : ''}`;
  return (
    <th scope="col" className={isRecorded ? 'recorded' : ''} title={title}>
      <span>{CLOCK.format(new Date(openedAt))}</span>
    </th>
  );
}
