/** Small pieces that every page is made of. */
import { useState, type ReactNode } from 'react';
import { ApiProblem } from '../api/client.ts';

interface HeadProps {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly over?: ReactNode;
}

export function PageHead({ title, lead, actions, over }: HeadProps) {
  return (
    <header className="page-head">
      <div>
        {over !== undefined && <p className="over">{over}</p>}
        <h1>{title}</h1>
        {lead !== undefined && <div className="lead">{lead}</div>}
      </div>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </header>
  );
}

interface SectionProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly id?: string;
}

export function Section({ title, aside, children, id }: SectionProps) {
  return (
    <section className="section" aria-label={title} id={id}>
      <div className="section-head">
        <h2>{title}</h2>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

interface FaultProps {
  readonly error: Error;
  readonly retry?: () => void;
  /** On the button. */
  readonly words?: string;
}

/** What went wrong, in the server's words, with what it advises. */
export function Fault({ error, retry, words = 'Try again' }: FaultProps) {
  const known = error instanceof ApiProblem ? error : null;
  const hint = known?.hint ?? null;
  return (
    <div className="fault" role="alert">
      <p>
        <strong>{error.message}</strong>
        {hint !== null && <> {hint}</>}
      </p>
      {known !== null && known.fields.length > 0 && (
        <ul>
          {known.fields.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          {words}
        </button>
      )}
    </div>
  );
}

/** For what only the whole page anew can mend. */
export function PartFault({ error }: { readonly error: Error }) {
  const reload = () => window.location.reload();
  return <Fault error={error} retry={reload} words="Load the page again" />;
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Reading {what} …
    </p>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <div className="empty">{children}</div>;
}

/** Text to take away, with the button that takes it. */
export function Copyable({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      () => setState('failed'),
    );
  };
  const words = { idle: 'Copy', copied: 'Copied', failed: 'Select it by hand' }[state];
  return (
    <div className="copyable">
      <code tabIndex={0}>{text}</code>
      <button type="button" onClick={copy} aria-label={`${words}: ${label}`}>
        {words}
      </button>
    </div>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
}

export function Facts({ facts }: { readonly facts: readonly (Fact | null)[] }) {
  return (
    <dl className="facts">
      {facts.map(
        (fact) =>
          fact !== null && (
            <div key={fact.name}>
              <dt>{fact.name}</dt>
              <dd>{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly onChoose: (value: T) => void;
}

/** A few exclusive choices side by side. */
export function Choice<T extends string>({ label, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <div className="choice" role="group" aria-label={label}>
      {options.map(([option, words]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          onClick={() => onChoose(option)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
