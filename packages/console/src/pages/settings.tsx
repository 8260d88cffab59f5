/** Who may do what, who did what, and how the machinery is. */
import type { AuditResource, SystemResource, TokenResource } from '@trustmonitor/protocol';
import { getAll, remove, type Page } from '../api/client.ts';
import { useRead, useResource } from '../api/resource.ts';
import { bytes, duration, plural } from '../model/words.ts';
import { ActButton } from '../parts/act.tsx';
import { Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { useMay, useSession } from '../session.tsx';
import { NewToken } from './new-token.tsx';
import { Keys } from './settings-keys.tsx';

export function SettingsPage() {
  const session = useSession();
  const maySeeTokens = useMay('tokens:write');
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
          {maySeeTokens && <Tokens />}
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

function Tokens() {
  const tokens = useRead<TokenResource[]>('tokens', (signal) =>
    getAll<TokenResource>('/v1/tokens', 500, signal),
  );
  return (
    <Section title="Tokens">
      {tokens.error !== null && <Fault error={tokens.error} retry={tokens.reload} />}
      <ul className="rows">
        {tokens.data?.map(({ id, name, scopes, state, lastUsedAt }) => (
          <li key={id}>
            <div className="grow">
              <b>{name}</b> {state !== 'active' && <span className="tag">{state}</span>}
              <p className="muted">
                {scopes.join(', ')} ·{' '}
                {lastUsedAt === null ? (
                  'never used'
                ) : (
                  <>
                    used <Ago at={lastUsedAt} />
                  </>
                )}
              </p>
            </div>
            {state === 'active' && (
              <ActButton
                className="danger"
                confirm="Its sessions end too. Revoke it?"
                work={async () => {
                  await remove(`/v1/tokens/${id}`);
                  tokens.reload();
                }}
              >
                Revoke
              </ActButton>
            )}
          </li>
        ))}
      </ul>
      <NewToken onMade={tokens.reload} />
    </Section>
  );
}

function Audit() {
  const audit = useResource<Page<AuditResource>>('/v1/audit?limit=50', { everyMs: 10_000 });
  return (
    <Section title="Audit log" aside="never changed, never deleted">
      {audit.error !== null && <Fault error={audit.error} retry={audit.reload} />}
      <ul className="rows audit">
        {audit.data?.data.map(({ id, at, actor, action, subject, address }) => (
          <li key={id}>
            <div className="grow">
              <b>{action}</b> {subject}
              <p className="muted">
                {actor}
                {address !== null && ` from ${address}`} · <Moment at={at} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}
