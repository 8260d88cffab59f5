/** Forms for a window of maintenance and for a silence. */
import { useState, type SubmitEvent } from 'react';
import { write } from '../api/client.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Section } from '../parts/basics.tsx';
import { Field, Select } from '../parts/field.tsx';

/** Ids and patterns, by commas; nothing stands for all monitors. */
function selectorOf(text: string): { monitors?: string[] } {
  const names = text.split(',').map((name) => name.trim());
  const monitors = names.filter(Boolean);
  return monitors.length === 0 ? {} : { monitors };
}

/** What a `datetime-local` field says, in the reader's zone, as UTC. */
const instantOf = (local: string): string => new Date(local).toISOString();

interface FormProps {
  readonly onMade: () => void;
}

export function NewMaintenance({ onMade }: FormProps) {
  const [id, setId] = useState('');
  const [monitors, setMonitors] = useState('');
  const [reason, setReason] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const times = { from: instantOf(from), until: instantOf(until) };
      await write('POST', '/v1/maintenance', {
        id,
        reason,
        selector: selectorOf(monitors),
        ...times,
      });
      onMade();
    });
  };
  return (
    <Section title="Plan maintenance" aside="announced at once, and not to be changed once begun">
      <form className="form-grid" onSubmit={submit}>
        <Field label="Name" value={id} onText={setId} required placeholder="db-upgrade" />
        <Field
          label="Monitors"
          value={monitors}
          onText={setMonitors}
          placeholder="all of them"
          hint="ids or patterns, by commas"
        />
        <Field label="From" type="datetime-local" value={from} onText={setFrom} required />
        <Field label="Until" type="datetime-local" value={until} onText={setUntil} required />
        <Field
          label="Reason, public"
          value={reason}
          onText={setReason}
          required
          hint="Outsiders read it: name no people."
        />
        <button type="submit" className="primary" disabled={act.isBusy}>
          Announce it
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
    </Section>
  );
}

const LENGTHS = [
  ['30', 'half an hour'],
  ['60', 'an hour'],
  ['240', '4 hours'],
  ['1440', 'a day'],
] as const;

export function NewSilence({ onMade }: FormProps) {
  const [monitors, setMonitors] = useState('');
  const [reason, setReason] = useState('');
  const [minutes, setMinutes] = useState<(typeof LENGTHS)[number][0]>('60');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const until = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
      await write('POST', '/v1/silences', { match: selectorOf(monitors), until, reason });
      setReason('');
      onMade();
    });
  };
  return (
    <Section title="Silence alerts">
      <form className="form-grid" onSubmit={submit}>
        <Field
          label="Monitors"
          value={monitors}
          onText={setMonitors}
          placeholder="all of them"
          hint="ids or patterns, by commas"
        />
        <Select label="For" value={minutes} options={LENGTHS} onChoose={setMinutes} />
        <Field label="Reason" value={reason} onText={setReason} required />
        <button type="submit" className="primary" disabled={act.isBusy}>
          Silence them
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
    </Section>
  );
}
