/** Who did what. What is asked of it is in the address. */
import type { AuditResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { setQuery, useQuery } from '../navigation.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { Moment } from '../parts/time.tsx';
import { More, useList } from './more.tsx';

/** All of it exactly, where it is not empty. */
interface AuditFilter {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
}

export function Audit() {
  const query = useQuery();
  const asked = (name: keyof AuditFilter): string => query.get(name)?.trim() ?? '';
  const filter = { actor: asked('actor'), action: asked('action'), subject: asked('subject') };
  const key = JSON.stringify(filter);
  return (
    <Section title="Audit log" aside="never changed, never deleted">
      <Filter key={`of ${key}`} filter={filter} />
      <Entries key={key} filter={filter} />
    </Section>
  );
}

function Filter({ filter }: { readonly filter: AuditFilter }) {
  const [wanted, setWanted] = useState(filter);
  const field = (name: keyof AuditFilter) => ({
    value: wanted[name],
    onText: (text: string) => setWanted({ ...wanted, [name]: text }),
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setQuery({ ...wanted });
  };
  return (
    <form className="form-row" role="search" onSubmit={submit}>
      <Field label="Who" {...field('actor')} placeholder="anybody" />
      <Field label="Did" {...field('action')} placeholder="monitor.updated" />
      <Field label="To" {...field('subject')} placeholder="anything" />
      <button type="submit">Show</button>
    </form>
  );
}

function Entries({ filter }: { readonly filter: AuditFilter }) {
  const given = Object.entries<string>({ ...filter }).filter(([, value]) => value !== '');
  const audit = useList<AuditResource>('/v1/audit', Object.fromEntries(given), 50, {
    everyMs: 10_000,
  });
  return (
    <>
      {audit.error !== null && <Fault error={audit.error} retry={audit.reload} />}
      {audit.rows === null && audit.error === null && <Loading what="the audit log" />}
      {audit.rows?.length === 0 && <p className="muted">Nothing like that was done.</p>}
      <ul className="rows audit">
        {audit.rows?.map(({ id, at, actor, action, subject, address }) => (
          <li key={id}>
            <div className="grow">
              <b>{action}</b> {subject}
              <p className="muted">
                {actor}
                {address !== null && ` from ${address}`} · <Moment at={at} />
              </p>
            </div>
          </li>
        ))}
      </ul>
      <More list={audit} what="audit entries" />
    </>
  );
}
