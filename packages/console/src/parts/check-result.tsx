/** A one-off check as it goes: one card a region, and the verdict. */
import { useEffect, useRef, useState } from 'react';
import { runCheck } from '../api/check-stream.ts';
import {
  NOT_STARTED,
  advance,
  outcomeOf,
  type CheckRun,
  type RegionRun,
} from '../model/check-run.ts';
import { asError } from '../model/errors.ts';
import { bytes, latency } from '../model/words.ts';
import { Fault } from './basics.tsx';
import { Mark, Verdictly, type Tone } from './mark.tsx';
import { PhaseBar } from './phases.tsx';

export interface Checking {
  readonly run: CheckRun;
  readonly isRunning: boolean;
  readonly error: Error | null;
  readonly start: (body: unknown) => void;
}

/** One at a time; it is broken off when the page is left. */
export function useCheck(): Checking {
  const [run, setRun] = useState<CheckRun>(NOT_STARTED);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = (body: unknown): void => {
    stop.current?.abort();
    const own = new AbortController();
    stop.current = own;
    setRun(NOT_STARTED);
    setError(null);
    setRunning(true);
    runCheck(body, (event) => setRun((before) => advance(before, event)), own.signal)
      .catch((fault: unknown) => {
        if (!own.signal.aborted) setError(asError(fault));
      })
      .finally(() => {
        if (stop.current === own) setRunning(false);
      });
  };
  return { run, isRunning, error, start };
}

export function CheckResult({ checking }: { readonly checking: Checking }) {
  const { run, isRunning, error } = checking;
  return (
    <div className="check-result" aria-live="polite">
      {error !== null && <Fault error={error} />}
      {isRunning && run.started === null && <p className="loading">Asking the regions …</p>}
      {run.verdict !== null && (
        <p className={`outcome tone-${run.verdict.verdict}`}>
          <Verdictly tone={run.verdict.verdict} /> {outcomeOf(run.verdict)}
        </p>
      )}
      {run.started !== null && (
        <ul className="now">
          {run.regions.map((region) => (
            <Region key={region.region} region={region} />
          ))}
        </ul>
      )}
    </div>
  );
}

const TONES: Readonly<Record<RegionRun['state'], Tone>> = {
  up: 'up',
  down: 'down',
  abstain: 'unknown',
  silent: 'unknown',
  waiting: 'pending',
};

function Region({ region: { region, state, attempts } }: { readonly region: RegionRun }) {
  const last = attempts.at(-1)?.result;
  const failure = last?.failure ?? null;
  const seen = last?.response ?? null;
  return (
    <li className={`tone-${TONES[state]}`} data-checked={region}>
      <span className="region">
        <Mark tone={TONES[state]} label={state} size={14} /> {region}
      </span>
      <span className="figure">{last === undefined ? '…' : latency(last.phases.totalUs)}</span>
      {state === 'silent' && <span className="muted">did not answer: no vote</span>}
      {failure !== null && <span className="muted">{failure.detail}</span>}
      {seen !== null && (
        <span className="muted">
          {[
            seen.status === null ? '' : `status ${seen.status}`,
            seen.address ?? '',
            seen.bodyBytes === null ? '' : bytes(seen.bodyBytes),
            seen.tlsVersion ?? '',
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      )}
      {attempts.length > 1 && <span className="muted">attempt {attempts.length}</span>}
      {last !== undefined && <PhaseBar phases={last.phases} />}
    </li>
  );
}
