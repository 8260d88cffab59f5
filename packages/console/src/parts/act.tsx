/** Buttons that change something on the server, and say how that went. */
import { useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import { asError } from '../model/errors.ts';
import { Fault } from './basics.tsx';

export interface Acting {
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly run: (work: () => Promise<void>) => void;
  readonly clear: () => void;
}

/** One thing at a time, with what went wrong last. */
export function useAct(): Acting {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const run = (work: () => Promise<void>): void => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    work()
      .catch((fault: unknown) => setError(asError(fault)))
      .finally(() => setBusy(false));
  };
  return { isBusy, error, run, clear: () => setError(null) };
}

type ActProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'onClick'> & {
  readonly work: () => Promise<void>;
  readonly children: ReactNode;
  /** Asked before it is done, where it cannot be taken back. */
  readonly confirm?: string;
};

export function ActButton({ work, confirm, children, ...rest }: ActProps) {
  const act = useAct();
  const [isAsking, setAsking] = useState(false);
  if (isAsking && confirm !== undefined) {
    return (
      <span className="asking" role="group" aria-label={confirm}>
        <span>{confirm}</span>
        <button
          type="button"
          className="danger"
          autoFocus
          onClick={() => {
            setAsking(false);
            act.run(work);
          }}
        >
          Yes
        </button>
        <button type="button" onClick={() => setAsking(false)}>
          No
        </button>
      </span>
    );
  }
  return (
    <>
      <button
        type="button"
        {...rest}
        disabled={act.isBusy || rest.disabled === true}
        onClick={() => (confirm === undefined ? act.run(work) : setAsking(true))}
      >
        {children}
      </button>
      {act.error !== null && <Fault error={act.error} />}
    </>
  );
}
