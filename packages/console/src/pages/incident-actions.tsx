/** What people do about an incident: take it in hand, note, close it by hand. */
import type { IncidentDetail } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { write } from '../api/client.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Section } from '../parts/basics.tsx';
import { TextArea } from '../parts/field.tsx';
import { useMay } from '../session.tsx';

type Deed = 'ack' | 'note' | 'publish' | 'resolve';

interface ActionsProps {
  readonly incident: IncidentDetail;
  readonly onDone: () => void;
}

export function IncidentActions({ incident, onDone }: ActionsProps) {
  const mayWrite = useMay('incidents:write');
  const [deed, setDeed] = useState<Deed | null>(null);
  if (!mayWrite) return null;
  const isOpen = incident.state === 'open';
  const done = (): void => {
    setDeed(null);
    onDone();
  };
  return (
    <Section title="Act">
      <div className="actions">
        {isOpen && incident.acknowledged === null && (
          <button type="button" aria-expanded={deed === 'ack'} onClick={() => setDeed('ack')}>
            Acknowledge
          </button>
        )}
        <button type="button" aria-expanded={deed === 'note'} onClick={() => setDeed('note')}>
          Add a note
        </button>
        <button type="button" aria-expanded={deed === 'publish'} onClick={() => setDeed('publish')}>
          Tell the public
        </button>
        {isOpen && (
          <button
            type="button"
            aria-expanded={deed === 'resolve'}
            onClick={() => setDeed('resolve')}
          >
            Resolve by hand
          </button>
        )}
      </div>
      {deed !== null && (
        <DeedForm
          key={deed}
          deed={deed}
          id={incident.id}
          onDone={done}
          onCancel={() => setDeed(null)}
        />
      )}
    </Section>
  );
}

interface FormProps {
  readonly deed: Deed;
  readonly id: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

const FORMS: Readonly<Record<Deed, { label: string; hint: string; button: string }>> = {
  ack: {
    label: 'Note (optional)',
    hint: 'Reminders and later alerts of this incident stop.',
    button: 'Acknowledge',
  },
  note: {
    label: 'Note',
    hint: 'It stands in the timeline, and in no signed record.',
    button: 'Add',
  },
  publish: {
    label: 'Update for the public',
    hint: 'Status pages that show the monitor show it to anybody, without your name. It cannot be taken back.',
    button: 'Publish',
  },
  resolve: {
    label: 'Reason',
    hint: 'Part of the signed, public record. Name no people. Nothing before it is overwritten.',
    button: 'Sign and resolve',
  },
};

function DeedForm({ deed, id, onDone, onCancel }: FormProps) {
  const [text, setText] = useState('');
  const act = useAct();
  const form = FORMS[deed];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await carryOut(deed, id, text.trim());
      onDone();
    });
  };
  return (
    <form className="deed" onSubmit={submit}>
      <TextArea
        label={form.label}
        hint={form.hint}
        value={text}
        onText={setText}
        required={deed !== 'ack'}
      />
      <div className="actions">
        <button type="submit" className="primary" disabled={act.isBusy}>
          {form.button}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
      {act.error !== null && <Fault error={act.error} />}
    </form>
  );
}

async function carryOut(deed: Deed, id: string, text: string): Promise<void> {
  const at = `/v1/incidents/${id}`;
  if (deed === 'ack') await write('POST', `${at}/ack`, text === '' ? {} : { note: text });
  if (deed === 'note') await write('POST', `${at}/notes`, { note: text });
  if (deed === 'publish') await write('POST', `${at}/notes`, { note: text, public: true });
  if (deed === 'resolve') await write('POST', `${at}/resolve`, { reason: text });
}
