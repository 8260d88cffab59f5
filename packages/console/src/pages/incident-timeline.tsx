import type { TimelineEvent } from '../model/timeline.ts';
import { duration } from '../model/words.ts';
import { Empty } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Moment } from '../parts/time.tsx';

export function Timeline({ events }: { readonly events: readonly TimelineEvent[] }) {
  if (events.length === 0) return <Empty>Nothing is kept of it.</Empty>;
  return (
    <ol className="timeline">
      {events.map((event, i) => (
        <li key={`${event.at} ${event.kind} ${i}`} className={`kind-${event.kind}`}>
          <span className="after">{afterOf(event)}</span>
          <span className="dot">
            <Dot event={event} />
          </span>
          <div>
            <p className="title">{event.title}</p>
            {event.detail !== '' && <p className="detail">{event.detail}</p>}
            <p className="at">
              <Moment at={event.at} show="exact" />
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function afterOf({ afterMs }: TimelineEvent): string {
  if (afterMs === null) return '';
  return afterMs === 0 ? '0 s' : `${afterMs < 0 ? '−' : '+'}${duration(Math.abs(afterMs))}`;
}

function Dot({ event: { kind, tone } }: { readonly event: TimelineEvent }) {
  if (kind === 'record' || kind === 'resolved' || kind === 'witnessed') return <SealDot />;
  if (tone !== null) return <Mark tone={tone} label="" size={14} />;
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="4" className="plain" />
    </svg>
  );
}

function SealDot() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 .8l6 2.200v4.800c0 3.6-2.6 6-6 7.2-3.4-1.2-6-3.6-6-7.200V3z" className="seal" />
      <path d="M5.3 8l1.9 1.9 3.5-3.8" className="tick" />
    </svg>
  );
}
