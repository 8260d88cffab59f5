/** Who hears of which alert: the tree of routes, as a file would have it. */
import type { Routing } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { send, write } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { TextArea } from '../parts/field.tsx';

interface Read {
  readonly etag: string;
  readonly text: string;
}

const EXAMPLE = `notify: [ops]
remindEvery: 4h
routes:
  - match: { labels: { team: payments } }
    severity: [critical]
    notify: [payments-pager]
    escalate: [{ after: 15m, notify: [ops] }]`;

export function RoutingSection({ mayWrite }: { readonly mayWrite: boolean }) {
  const read = useRead<Read>('routing', readRouting);
  return (
    <Section title="Who hears of what" aside="routes from the top; a monitor’s own alerts say more">
      {read.error !== null && <Fault error={read.error} retry={read.reload} />}
      {read.data === null && read.error === null && <Loading what="the routes" />}
      {read.data !== null && mayWrite && (
        <RoutingForm key={read.data.etag} read={read.data} reload={read.reload} />
      )}
      {read.data !== null && !mayWrite && (
        <pre tabIndex={0}>
          {read.data.text === '' ? 'Every channel hears of all.' : read.data.text}
        </pre>
      )}
    </Section>
  );
}

/** Loaded with the schemas and YAML, which weigh more than the page. */
async function readRouting(signal: AbortSignal): Promise<Read> {
  const { writtenRoutingOf, yamlOf } = await import('../editor/written.ts');
  const response = await send('GET', '/v1/routing', { signal });
  const routing = (await response.json()) as Routing;
  const isEmpty = Object.keys(routing).length === 0;
  const text = isEmpty ? '' : yamlOf(writtenRoutingOf(routing));
  return { etag: response.headers.get('etag') ?? '*', text };
}

interface FormProps {
  readonly read: Read;
  readonly reload: () => void;
}

function RoutingForm({ read, reload }: FormProps) {
  const [text, setText] = useState(read.text);
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const { fromYaml } = await import('../editor/written.ts');
      const body = text.trim() === '' ? {} : fromYaml(text);
      await write('PUT', '/v1/routing', body, { 'if-match': read.etag });
      reload();
    });
  };
  return (
    <form className="routing" onSubmit={submit}>
      <TextArea
        label="Routes (YAML)"
        value={text}
        onText={setText}
        rows={Math.min(20, Math.max(6, text.split('\n').length + 1))}
        hint="Empty: every channel hears of all. An alert goes to the first route that fits, and on with continue: true."
      />
      <div className="form-row">
        <button type="submit" className="primary" disabled={act.isBusy || text === read.text}>
          Save the routes
        </button>
        {text === '' && (
          <button type="button" onClick={() => setText(EXAMPLE)}>
            Begin with an example
          </button>
        )}
      </div>
      {act.error !== null && <Fault error={act.error} />}
    </form>
  );
}
