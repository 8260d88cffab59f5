/** Ask something once, from every region. */
import { useState, type SubmitEvent } from 'react';
import { PageHead, Section } from '../parts/basics.tsx';
import { CheckResult, useCheck } from '../parts/check-result.tsx';
import { Field, Select, TextArea } from '../parts/field.tsx';

type Kind = 'http' | 'tcp' | 'tls' | 'dns' | 'icmp' | 'websocket';

const KINDS: readonly (readonly [Kind, string])[] = [
  ['http', 'HTTP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['dns', 'DNS'],
  ['icmp', 'Ping'],
  ['websocket', 'WebSocket'],
];

export function CheckPage() {
  const [kind, setKind] = useState<Kind>('http');
  const [url, setUrl] = useState('https://');
  const [host, setHost] = useState('');
  const [port, setPort] = useState('443');
  const [assertions, setAssertions] = useState('');
  const checking = useCheck();
  const hasUrl = kind === 'http' || kind === 'websocket';
  const hasPort = kind === 'tcp' || kind === 'tls';
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const lines = assertions.split('\n').map((line) => line.trim());
    const wanted = lines.filter(Boolean);
    checking.start({
      type: kind,
      ...(hasUrl ? { url } : { host }),
      ...(hasPort ? { port: Number(port) } : {}),
      ...(wanted.length === 0 ? {} : { assertions: wanted }),
    });
  };
  return (
    <>
      <PageHead
        title="Check now"
        lead="Every region asks once and tells what it saw, as it comes in. Nothing is stored about a monitor; the results are signed like any other."
      />
      <Section title="What to ask">
        <form className="form-row" onSubmit={submit}>
          <Select label="Kind" value={kind} options={KINDS} onChoose={setKind} />
          {hasUrl ? (
            <Field label="URL" value={url} onText={setUrl} required autoFocus />
          ) : (
            <Field label="Host" value={host} onText={setHost} required />
          )}
          {hasPort && (
            <Field label="Port" value={port} onText={setPort} inputMode="numeric" required />
          )}
          <TextArea
            label="Assertions, one a line (optional)"
            value={assertions}
            onText={setAssertions}
            rows={2}
            hint={
              <>
                such as <code>status == 200</code> or <code>latency &lt; 800ms</code>
              </>
            }
          />
          <button type="submit" className="primary" disabled={checking.isRunning}>
            {checking.isRunning ? 'Asking …' : 'Ask all regions'}
          </button>
        </form>
      </Section>
      <CheckResult checking={checking} />
    </>
  );
}
