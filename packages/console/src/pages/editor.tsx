/** A monitor as a form and as YAML, side by side: either can be written, and both say the same. */
import type { MonitorResource, MonitorRevisionResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { get, write } from '../api/client.ts';
import { usePart } from '../api/part.ts';
import { useRead } from '../api/resource.ts';
import type { checkOf, fromYaml, writtenOf, yamlOf } from '../editor/written.ts';
import {
  EMPTY,
  applyDraft,
  cloneOf,
  draftOf,
  isHeartbeat,
  type Draft,
  type Fields,
} from '../model/draft.ts';
import { asError } from '../model/errors.ts';
import { Link, navigate, useQuery } from '../navigation.tsx';
import { useAct } from '../parts/act.tsx';
import { Fault, Loading, PageHead, PartFault, Section } from '../parts/basics.tsx';
import { CheckResult, useCheck } from '../parts/check-result.tsx';
import { TextArea } from '../parts/field.tsx';
import { paths } from '../routes.ts';
import { EditorForm } from './editor-form.tsx';

interface Writing {
  readonly checkOf: typeof checkOf;
  readonly fromYaml: typeof fromYaml;
  readonly writtenOf: typeof writtenOf;
  readonly yamlOf: typeof yamlOf;
}

interface Begun {
  readonly written: Fields;
  /** Of what is edited, so that nobody overwrites what they have not seen. */
  readonly revision: number | null;
}

export function EditorPage({ id }: { readonly id: string | null }) {
  const from = useQuery().get('from');
  const { part: writing, error: unloaded } = usePart<Writing>(loadWriting);
  const source = id ?? from;
  // To edit and to copy are two things that are begun with: one keeps the id.
  const begins = id === null ? `clone ${from ?? ''}` : `edit ${id}`;
  const known = useRead<Begun>(
    writing === null ? null : begins,
    async () => {
      if (source === null || writing === null) return { written: {}, revision: null };
      const at = `/v1/monitors/${encodeURIComponent(source)}`;
      const { revision } = await get<MonitorResource>(at);
      const stored = await get<MonitorRevisionResource>(`${at}/revisions/${revision}`);
      const written = writing.writtenOf(stored.definition);
      return id === null ? { written: cloneOf(written), revision: null } : { written, revision };
    },
    { isKept: false },
  );
  return (
    <>
      <PageHead
        over={
          id === null ? (
            <Link to={paths.overview}>Overview</Link>
          ) : (
            <Link to={paths.monitor(id)}>{id}</Link>
          )
        }
        title={id === null ? 'Add a monitor' : 'Edit'}
        lead={
          id === null
            ? 'Two fields are enough: a name and a URL.'
            : 'Saving makes a new revision; the old one is kept.'
        }
      />
      {unloaded !== null && <PartFault error={unloaded} />}
      {known.error !== null && <Fault error={known.error} retry={known.reload} />}
      {writing === null || known.data === null ? (
        (unloaded ?? known.error) === null && <Loading what="the monitor" />
      ) : (
        <Editor key={begins} id={id} begun={known.data} writing={writing} />
      )}
    </>
  );
}

const loadWriting = () => import('../editor/written.ts');

interface EditorProps {
  readonly id: string | null;
  readonly begun: Begun;
  readonly writing: Writing;
}

function Editor({ id, begun: given, writing }: EditorProps) {
  // Of one reading: the revision that is saved over is that of the text which is shown.
  const [begun] = useState(given);
  const isNew = Object.keys(begun.written).length === 0;
  const [written, setWritten] = useState<Fields>(begun.written);
  const [draft, setDraft] = useState<Draft>(isNew ? EMPTY : draftOf(begun.written));
  const [yaml, setYaml] = useState(() =>
    writing.yamlOf(isNew ? { name: '', url: 'https://' } : begun.written),
  );
  const [yamlFault, setYamlFault] = useState<Error | null>(null);
  const checking = useCheck();
  const act = useAct();

  const byForm = (changes: Partial<Draft>): void => {
    const next = { ...draft, ...changes };
    const fields = applyDraft(written, next);
    setDraft(next);
    setWritten(fields);
    setYaml(writing.yamlOf(fields));
    setYamlFault(null);
  };
  const byYaml = (text: string): void => {
    setYaml(text);
    try {
      const fields = writing.fromYaml(text);
      setWritten(fields);
      setDraft(draftOf(fields));
      setYamlFault(null);
    } catch (error) {
      setYamlFault(asError(error));
    }
  };
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const made = await saveMonitor(id, begun.revision, written);
      navigate(paths.monitor(made.id));
    });
  };
  const isBroken = yamlFault !== null;
  return (
    <form onSubmit={save}>
      <div className="columns">
        <Section title="Form">
          <EditorForm draft={draft} written={written} onChange={byForm} />
        </Section>
        <Section title="YAML" aside="as in trustmonitor.yaml">
          <TextArea label="Monitor" value={yaml} onText={byYaml} rows={22} />
          {yamlFault !== null && <Fault error={yamlFault} />}
        </Section>
      </div>
      {act.error !== null && <Fault error={act.error} />}
      <div className="actions editor-actions">
        <button type="submit" className="primary" disabled={act.isBusy || isBroken}>
          {id === null ? 'Watch it' : 'Save as a new revision'}
        </button>
        <button
          type="button"
          disabled={checking.isRunning || isBroken || isHeartbeat(draft.type)}
          onClick={() => checking.start(writing.checkOf(written, id))}
        >
          {checking.isRunning ? 'Asking …' : `Test from ${draft.regions || 'all regions'}`}
        </button>
      </div>
      <CheckResult checking={checking} />
    </form>
  );
}

function saveMonitor(
  id: string | null,
  revision: number | null,
  written: Fields,
): Promise<MonitorResource> {
  if (id === null) return write<MonitorResource>('POST', '/v1/monitors', written);
  const unchanged = revision === null ? {} : { 'if-match': `"${revision}"` };
  return write<MonitorResource>(
    'PUT',
    `/v1/monitors/${encodeURIComponent(id)}`,
    written,
    unchanged,
  );
}
