/** A lie on purpose, in this browser's copy, to see it found out. */
import type { Bundle } from '@trustmonitor/protocol';
import { LIES, type Told } from '../model/tamper.ts';
import { Section } from '../parts/basics.tsx';

interface TamperProps {
  readonly bundle: Bundle;
  readonly told: Told | null;
  readonly onTell: (told: Told | null) => void;
}

export function TamperDemo({ bundle, told, onTell }: TamperProps) {
  return (
    <Section title="Try to lie">
      <p>Change one thing in this browser’s copy, and see which check finds it out.</p>
      <ul className="lies">
        {LIES.map((lie) => {
          const possible = lie.tell(bundle);
          return (
            <li key={lie.id}>
              <button
                type="button"
                disabled={possible === null}
                aria-pressed={told !== null && told.where === possible?.where}
                onClick={() => onTell(possible)}
              >
                {lie.title}
              </button>
              <span className="muted">{lie.why}</span>
            </li>
          );
        })}
      </ul>
      {told !== null && (
        <button type="button" className="primary" onClick={() => onTell(null)}>
          Put it back
        </button>
      )}
    </Section>
  );
}
