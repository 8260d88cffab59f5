/** A channel of one of the kinds that an address or two are enough for; files and the API know all of them. */
import { useState, type SubmitEvent } from 'react';
import { write } from '../api/client.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Section } from '../parts/basics.tsx';
import { Field, Select } from '../parts/field.tsx';

type Kind = 'webhook' | 'slack' | 'discord' | 'teams' | 'ntfy';

const KINDS: readonly (readonly [Kind, string])[] = [
  ['webhook', 'Webhook'],
  ['slack', 'Slack'],
  ['discord', 'Discord'],
  ['teams', 'Microsoft Teams'],
  ['ntfy', 'ntfy'],
];

export function NewChannel({ onMade }: { readonly onMade: () => void }) {
  const [id, setId] = useState('');
  const [kind, setKind] = useState<Kind>('webhook');
  const [url, setUrl] = useState('');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await write('POST', '/v1/channels', { id, type: kind, url });
      setId('');
      setUrl('');
      onMade();
    });
  };
  return (
    <Section title="Add a channel">
      <form className="form-row" onSubmit={submit}>
        <Select label="Kind" value={kind} options={KINDS} onChoose={setKind} />
        <Field label="Name" value={id} onText={setId} required placeholder="ops" />
        <Field label="URL" type="url" value={url} onText={setUrl} required placeholder="https://" />
        <button type="submit" className="primary" disabled={act.isBusy}>
          Add it
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
      <p className="muted">
        PagerDuty, mail, Telegram, Opsgenie, Alertmanager and Apprise need more than an address:
        write them in <code>trustmonitor.yaml</code> or over the API.
      </p>
    </Section>
  );
}
