/** Verdicts and votes as marks: each has a shape of its own, so that none is told by colour alone. */
import type { Verdict, Vote } from '@trustmonitor/protocol';
import type { ReactNode } from 'react';

export type Tone = Verdict | 'paused' | 'pending';

const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  up: (
    <>
      <circle cx="8" cy="8" r="7" className="fill" />
      <path d="m4.8 8.3 2.2 2.2 4.2-4.6" className="stroke" />
    </>
  ),
  degraded: (
    <>
      <path d="M8 1 15.4 14.4H.6z" className="fill" />
      <path d="M8 5.8v4M8 12v.3" className="stroke" />
    </>
  ),
  partial: (
    <>
      <path d="M8 .6 15.4 8 8 15.4.6 8z" className="line" />
      <path d="M8 .6V15.4L.6 8z" className="fill" />
    </>
  ),
  down: (
    <>
      <rect x="1" y="1" width="14" height="14" rx="2" className="fill" />
      <path d="m5 5 6 6m0-6-6 6" className="stroke" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.5" className="line dashed" />
      <path d="M6.2 6.3a1.8 1.8 0 1 1 2.7 1.6c-.6.3-.9.7-.9 1.3M8 11.6v.2" className="line" />
    </>
  ),
  pending: <circle cx="8" cy="8" r="6.5" className="line dashed" />,
  paused: (
    <>
      <circle cx="8" cy="8" r="6.5" className="line" />
      <path d="M6.3 5.5v5M9.7 5.5v5" className="line" />
    </>
  ),
};

interface MarkProps {
  readonly tone: Tone;
  /** Said instead of the tone; empty where the words stand beside it. */
  readonly label?: string;
  readonly size?: number;
}

export function Mark({ tone, label = tone, size = 16 }: MarkProps) {
  const said = label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <svg className={`mark tone-${tone}`} width={size} height={size} viewBox="0 0 16 16" {...said}>
      {SHAPES[tone]}
    </svg>
  );
}

/** The mark with its word. */
export function Verdictly({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children?: ReactNode;
}) {
  return (
    <span className={`verdict tone-${tone}`}>
      <Mark tone={tone} label="" />
      {children ?? tone}
    </span>
  );
}

const VOTE_TONES: Readonly<Record<Vote, Tone>> = { up: 'up', down: 'down', abstain: 'unknown' };

/** Null: the region did not answer. */
export const toneOfVote = (vote: Vote | null): Tone =>
  vote === null ? 'pending' : VOTE_TONES[vote];
