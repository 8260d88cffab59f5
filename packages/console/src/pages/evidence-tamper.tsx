/** A lie on purpose, in this browser's copy, to see it found out. */
import type { Bundle } from '@trustmonitor/protocol';
import { attempt } from '../model/errors.ts';
import { LIES, type Told } from '../model/tamper.ts';
import { Section } from '../parts/basics.tsx';

interface TamperProps {
  readonly bundle: Bundle;
  readonly told: Told | null;
  readonly onTell: (told: Told | null) => void;
}

export function TamperDemo({ bundle, told: shown, onTell }: TamperProps) {
  return (
    <Section title="Try to lie">
      <p>Change one thing in this browser’s copy, and see which check finds it out.</p>
      <ul className="lies">
        {LIES.map((lie) => {
          const told = attempt(() => lie.tell(bundle));
          const possible = told instanceof Error ? null : told;
          return (
            <li key={lie.id}>
              <button
                type="button"
                disabled={possible === null}
                aria-pressed={shown !== null && shown.where === possible?.where}
                onClick={() => onTell(possible)}
              >
                {lie.title}
              </button>
              <span className="muted">
                {told instanceof Error ? 'This file has no place for it.' : lie.why}
              </span>
            </li>
          );
        })}
      </ul>
      {shown !== null && (
        <button type="button" className="primary" onClick={() => onTell(null)}>
          Put it back
        </button>
      )}
    </Section>
  );
}
