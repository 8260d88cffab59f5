/** What the monitor was at other times. */
import type { MonitorRevisionResource } from '@trustmonitor/protocol';
import { useState } from 'react';
import { get, type Page } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { shortDigest } from '../model/words.ts';
import { Section } from '../parts/basics.tsx';
import { Moment } from '../parts/time.tsx';

interface RevisionsProps {
  readonly id: string;
  readonly current: number;
}

export function MonitorRevisions({ id, current }: RevisionsProps) {
  const [shown, setShown] = useState<number | null>(null);
  const path = `/v1/monitors/${encodeURIComponent(id)}/revisions?limit=10`;
  const { data } = useRead(`${path} up to ${current}`, (signal) =>
    get<Page<MonitorRevisionResource>>(path, signal),
  );
  if (data === null) return null;
  return (
    <Section title="Revisions" aside="each edit makes a new one; none is overwritten">
      <ul className="rows">
        {data.data.map(({ revision, createdAt, checkDigest }) => (
          <li key={revision}>
            <b>{revision}</b>
            <span className="grow">
              <Moment at={createdAt} /> <code className="muted">{shortDigest(checkDigest)}</code>
            </span>
            <button
              type="button"
              aria-expanded={shown === revision}
              onClick={() => setShown(shown === revision ? null : revision)}
            >
              {shown === revision ? 'Hide' : 'Show'}
            </button>
          </li>
        ))}
      </ul>
      {data.data.map(({ revision, definition }) =>
        revision === shown ? (
          <pre key={revision} tabIndex={0}>
            {JSON.stringify(definition, null, 2)}
          </pre>
        ) : null,
      )}
    </Section>
  );
}
