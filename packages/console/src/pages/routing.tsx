/** Who hears of which alert: the tree of routes, as a file would have it. */
import type { Routing } from '@trustmonitor/protocol';
import { send, write } from '../api/client.ts';
import { loadPart } from '../api/part.ts';
import { useRead } from '../api/resource.ts';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { YamlForm } from '../parts/form.tsx';

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
  const { writtenRoutingOf, yamlOf } = await loadPart(() => import('../editor/written.ts'));
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

function RoutingForm({ read: { text, etag }, reload }: FormProps) {
  return (
    <YamlForm
      label="Routes (YAML)"
      hint="Empty: every channel hears of all. An alert goes to the first route that fits, and on with continue: true."
      action="Save the routes"
      example={EXAMPLE}
      text={text}
      save={async (routing) => {
        await write('PUT', '/v1/routing', routing, { 'if-match': etag });
        reload();
      }}
    />
  );
}
