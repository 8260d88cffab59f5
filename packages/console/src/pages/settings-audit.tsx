/** Who did what. What is asked of it is in the address. */
import type { AuditResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { auditPath, type AuditFilter } from '../model/audit.ts';
import { setQuery, useQuery } from '../navigation.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { More, usePages } from '../parts/pages.tsx';
import { Moment } from '../parts/time.tsx';

export function Audit() {
  const query = useQuery();
  const asked = (name: keyof AuditFilter): string => query.get(name) ?? '';
  const filter = { actor: asked('actor'), action: asked('action'), subject: asked('subject') };
  const path = auditPath(filter);
  return (
    <Section title="Audit log" aside="never changed, never deleted">
      <Filter key={`of ${path}`} filter={filter} />
      <Entries key={path} path={path} />
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

function Entries({ path }: { readonly path: string }) {
  const audit = usePages<AuditResource>(path, { everyMs: 10_000 });
  return (
    <>
      {audit.error !== null && <Fault error={audit.error} retry={audit.reload} />}
      {audit.data === null && audit.error === null && <Loading what="the audit log" />}
      {audit.data?.data.length === 0 && <p className="muted">Nothing like that was done.</p>}
      <ul className="rows audit">
        {audit.data?.data.map(({ id, at, actor, action, subject, address }) => (
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
      <More pages={audit} />
    </>
  );
}
