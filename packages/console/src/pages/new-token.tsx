import type { CreatedToken } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { write } from '../api/client.ts';
import { useAct } from '../parts/act.tsx';
import { Copyable, Fault } from '../parts/basics.tsx';
import { Field, Select } from '../parts/field.tsx';

type Kind = 'read' | 'deploy' | 'operate' | 'admin';

/** What people make tokens for; the API gives out any set of scopes. */
const SCOPES: Readonly<Record<Kind, readonly string[]>> = {
  read: ['read'],
  deploy: ['monitors:write', 'checks:run', 'deployments:write', 'gate:ask'],
  operate: [
    'read',
    'monitors:write',
    'incidents:write',
    'channels:write',
    'maintenance:write',
    'checks:run',
  ],
  admin: ['admin'],
};

const KINDS: readonly (readonly [Kind, string])[] = [
  ['read', 'Read everything'],
  ['operate', 'Operate: monitors, incidents, channels'],
  ['deploy', 'Deploy: apply monitors, ask the gate'],
  ['admin', 'Everything'],
];

/** In days; empty: for good. */
const LASTS = [
  ['', 'for good'],
  ['1', 'a day'],
  ['7', 'a week'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;

const DAY_MS = 86_400_000;

export function NewToken({ onMade }: { readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('read');
  const [days, setDays] = useState<(typeof LASTS)[number][0]>('90');
  const [made, setMade] = useState<CreatedToken | null>(null);
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const expiresAt =
        days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      const asked = { name, scopes: SCOPES[kind], expiresAt };
      setMade(await write<CreatedToken>('POST', '/v1/tokens', asked));
      setName('');
      onMade();
    });
  };
  return (
    <>
      <form className="form-row" onSubmit={submit}>
        <Field label="New token for" value={name} onText={setName} required placeholder="ci" />
        <Select label="It may" value={kind} options={KINDS} onChoose={setKind} />
        <Select label="It lasts" value={days} options={LASTS} onChoose={setDays} />
        <button type="submit" disabled={act.isBusy}>
          Make it
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
      {made !== null && (
        <>
          <p>Take it now: it is shown this once.</p>
          <Copyable text={made.token} label="the token" />
        </>
      )}
    </>
  );
}
