/** Who may do what, who did what, and how the machinery is. */
import type { SystemResource } from '@trustmonitor/protocol';
import { useResource } from '../api/resource.ts';
import { bytes, duration, plural } from '../model/words.ts';
import { Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { useMay, useSession } from '../session.tsx';
import { Audit } from './settings-audit.tsx';
import { Keys } from './settings-keys.tsx';
import { Tokens } from './settings-tokens.tsx';
import { StatusPagesSection } from './status-pages.tsx';

export function SettingsPage() {
  const session = useSession();
  const mayWriteTokens = useMay('tokens:write');
  const maySeeTokens = useMay('tokens:read') || mayWriteTokens;
  const maySeeAudit = useMay('audit:read');
  return (
    <>
      <PageHead
        title="Settings"
        lead={
          <p>
            Signed in as <b>{session.name}</b> ({session.scopes.join(', ')})
            {session.expiresAt !== null && (
              <>
                {' '}
                until <Moment at={session.expiresAt} />
              </>
            )}
          </p>
        }
      />
      <div className="columns">
        <div>
          <Machinery />
          <StatusPagesSection />
          {maySeeTokens && <Tokens mayWrite={mayWriteTokens} />}
          <Keys />
        </div>
        <div>{maySeeAudit && <Audit />}</div>
      </div>
    </>
  );
}

function Machinery() {
  const system = useResource<SystemResource>('/v1/system', { everyMs: 10_000 });
  if (system.data === null) {
    return (
      <Section title="Machinery">
        {system.error === null ? <Loading what="it" /> : <Fault error={system.error} />}
      </Section>
    );
  }
  const { coordinator, health, broker, keyring, stored } = system.data;
  return (
    <Section title="Machinery" aside={<a href="/docs">API</a>}>
      <ul className="rows">
        {health.checks.map(({ name, ok, detail }) => (
          <li key={name}>
            <Mark tone={ok ? 'up' : 'down'} label={ok ? 'ok' : 'failing'} size={14} />
            <b>{name}</b>
            <span className="grow muted">{detail}</span>
          </li>
        ))}
      </ul>
      <Facts
        facts={[
          { name: 'Version', value: `${coordinator.version}, Node ${coordinator.node}` },
          { name: 'Started', value: <Ago at={coordinator.startedAt} /> },
          { name: 'Rounds', value: `${duration(coordinator.lagMs)} late` },
          {
            name: 'Broker',
            value: broker.rttMs === null ? 'no answer' : `${broker.rttMs} ms away`,
          },
          {
            name: 'Key ring',
            value: (
              <>
                version {keyring.version}, until <Moment at={keyring.expiresAt} show="day" />
              </>
            ),
          },
          {
            name: 'Root',
            value: `${keyring.root.threshold} of ${plural(keyring.root.keys, 'key')}`,
          },
          stored === null
            ? null
            : {
                name: 'Database',
                value: `PostgreSQL ${stored.database.version}, ${bytes(stored.database.bytes)}`,
              },
          stored === null
            ? null
            : {
                name: 'Outbox',
                value: `${stored.outbox.waiting} waiting, ${stored.outbox.givenUp} given up today`,
              },
        ]}
      />
    </Section>
  );
}
