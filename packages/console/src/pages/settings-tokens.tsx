/** Who may do what, and for how long. */
import type { TokenResource } from '@trustmonitor/protocol';
import { getAll, remove } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { ActButton } from '../parts/act.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { NewToken } from './new-token.tsx';

export function Tokens({ mayWrite }: { readonly mayWrite: boolean }) {
  const tokens = useRead<TokenResource[]>('tokens', (signal) =>
    getAll<TokenResource>('/v1/tokens', 500, signal),
  );
  return (
    <Section title="Tokens">
      {tokens.error !== null && <Fault error={tokens.error} retry={tokens.reload} />}
      {tokens.data === null && tokens.error === null && <Loading what="the tokens" />}
      <ul className="rows">
        {tokens.data?.map((token) => (
          <Token key={token.id} {...{ token, mayWrite }} reload={tokens.reload} />
        ))}
      </ul>
      {mayWrite && <NewToken onMade={tokens.reload} />}
    </Section>
  );
}

interface TokenProps {
  readonly token: TokenResource;
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

function Token({ token, mayWrite, reload }: TokenProps) {
  const { id, name, scopes, state, expiresAt, lastUsedAt } = token;
  return (
    <li>
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
          )}{' '}
          ·{' '}
          {expiresAt === null ? (
            'never expires'
          ) : (
            <>
              {state === 'expired' ? 'expired' : 'expires'} <Moment at={expiresAt} />
            </>
          )}
        </p>
      </div>
      {mayWrite && state === 'active' && (
        <ActButton
          className="danger"
          confirm="Its sessions end too. Revoke it?"
          work={async () => {
            await remove(`/v1/tokens/${id}`);
            reload();
          }}
        >
          Revoke
        </ActButton>
      )}
    </li>
  );
}
