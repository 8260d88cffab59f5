/** Where the time of an attempt went. */
import type { Phases } from '@trustmonitor/protocol';
import { latency } from '../model/words.ts';

const PHASES = [
  ['resolveUs', 'resolve'],
  ['connectUs', 'connect'],
  ['tlsUs', 'TLS'],
  ['processingUs', 'wait'],
  ['transferUs', 'transfer'],
] as const;

export function PhaseBar({ phases }: { readonly phases: Phases }) {
  const known = PHASES.flatMap(([key, name]) => {
    const us = phases[key];
    return us === null ? [] : [{ name, us }];
  });
  const total = Math.max(
    1,
    known.reduce((all, { us }) => all + us, 0),
  );
  return (
    <div className="phases">
      <div className="phase-bar" aria-hidden="true">
        {known.map(({ name, us }) => (
          <span key={name} className={`phase-${name}`} style={{ flexGrow: us / total }} />
        ))}
      </div>
      <ul>
        {known.map(({ name, us }) => (
          <li key={name}>
            <i className={`phase-${name}`} aria-hidden="true" /> {name} <b>{latency(us)}</b>
          </li>
        ))}
        <li>
          total <b>{latency(phases.totalUs)}</b>
        </li>
      </ul>
    </div>
  );
}
