/** Public status pages, each as a file would have it. */
import type { StatusPage } from '@trustmonitor/protocol';
import { useState } from 'react';
import { getAll, remove, send, write } from '../api/client.ts';
import { loadPart } from '../api/part.ts';
import { useRead } from '../api/resource.ts';
import type { Fields } from '../model/draft.ts';
import { ActButton } from '../parts/act.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { YamlForm } from '../parts/form.tsx';
import { useMay } from '../session.tsx';

/** What is written: a page as it was read, or one that is not there yet. */
interface Draft {
  readonly id: string | null;
  readonly etag: string;
  readonly text: string;
}

const EXAMPLE = `id: shop
title: The shop
groups:
  - name: Shop
    select: { labels: { public: 'yes' } }
`;

export function StatusPagesSection() {
  const mayWrite = useMay('pages:write');
  const [draft, setDraft] = useState<Draft | null>(null);
  const pages = useRead<StatusPage[]>('status-pages', (signal) =>
    getAll<StatusPage>('/v1/status-pages', 500, signal),
  );
  const done = (): void => {
    setDraft(null);
    pages.reload();
  };
  return (
    <Section title="Status pages" aside="for anybody, without a token">
      {pages.error !== null && <Fault error={pages.error} retry={pages.reload} />}
      {pages.data === null && pages.error === null && <Loading what="the pages" />}
      {pages.data?.length === 0 && <p className="muted">There is none yet.</p>}
      <ul className="rows">
        {pages.data?.map(({ id, title }) => (
          <li key={id}>
            <div className="grow">
              <b>{title}</b>
              <p>
                <a href={`/status/${id}/`}>/status/{id}/</a>
              </p>
            </div>
            {mayWrite && <PageButtons id={id} onEdit={setDraft} onGone={done} />}
          </li>
        ))}
      </ul>
      {mayWrite && draft === null && (
        <button type="button" onClick={() => setDraft({ id: null, etag: '', text: '' })}>
          New status page
        </button>
      )}
      {draft !== null && (
        <PageForm key={draft.id} draft={draft} onSaved={done} onCancel={() => setDraft(null)} />
      )}
    </Section>
  );
}

interface ButtonsProps {
  readonly id: string;
  readonly onEdit: (draft: Draft) => void;
  readonly onGone: () => void;
}

function PageButtons({ id, onEdit, onGone }: ButtonsProps) {
  return (
    <>
      <ActButton aria-label={`Edit ${id}`} work={async () => onEdit(await readDraft(id))}>
        Edit
      </ActButton>
      <ActButton
        className="danger"
        aria-label={`Delete ${id}`}
        confirm="Nobody can open it then. Delete it?"
        work={async () => {
          await remove(`/v1/status-pages/${id}`);
          onGone();
        }}
      >
        Delete
      </ActButton>
    </>
  );
}

/** Loaded with YAML, which weighs more than the page. */
async function readDraft(id: string): Promise<Draft> {
  const { yamlOf } = await loadPart(() => import('../editor/written.ts'));
  const response = await send('GET', `/v1/status-pages/${id}`);
  const page = (await response.json()) as StatusPage;
  return { id, etag: response.headers.get('etag') ?? '*', text: yamlOf(page) };
}

interface FormProps {
  readonly draft: Draft;
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

function PageForm({ draft, onSaved, onCancel }: FormProps) {
  return (
    <YamlForm
      label={draft.id === null ? 'New page (YAML)' : `${draft.id} (YAML)`}
      hint="It is public as soon as it is saved. The address is /status/ and the id."
      text={draft.text}
      example={EXAMPLE}
      action="Save the page"
      save={async (written) => {
        await save(draft, written);
        onSaved();
      }}
      onCancel={onCancel}
    />
  );
}

/** Nothing is overwritten that was not seen. */
async function save({ id, etag }: Draft, page: Fields): Promise<void> {
  const named = typeof page['id'] === 'string' ? page['id'] : '';
  if (named === '') throw new Error('It needs an id, such as id: shop');
  if (id !== null && named !== id) {
    throw new Error(`The id stays ${id}: make a new page, and delete this one`);
  }
  const condition = id === null ? { 'if-none-match': '*' } : { 'if-match': etag };
  await write('PUT', `/v1/status-pages/${encodeURIComponent(named)}`, page, condition);
}
