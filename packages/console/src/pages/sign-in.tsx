/** The way in: an identity provider if there is one, or a token, where no link has brought a code. */
import type { SessionResource, SignInWays } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { useResource } from '../api/resource.ts';
import { useAct } from '../parts/act.tsx';
import { Copyable, Fault } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { Brand } from '../parts/brand.tsx';
import { signIn } from '../session.tsx';

interface SignInProps {
  readonly onSignedIn: (session: SessionResource) => void;
  /** Why a link or the identity provider did not do. */
  readonly fault: Error | null;
}

export function SignIn({ onSignedIn, fault: earlier }: SignInProps) {
  const [token, setToken] = useState('');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => onSignedIn(await signIn({ token })));
  };
  const fault = act.error ?? earlier;
  return (
    <main className="sign-in">
      <Brand />
      <h1>Sign in</h1>
      {fault !== null && <Fault error={fault} />}
      <ByProvider />
      <form onSubmit={submit}>
        <Field
          label="API token"
          type="password"
          name="token"
          autoComplete="current-password"
          placeholder="tm_…"
          required
          autoFocus
          value={token}
          onText={setToken}
          hint="The browser keeps a session, not the token. It may do what the token may."
        />
        <button type="submit" className="primary" disabled={act.isBusy || token === ''}>
          Sign in
        </button>
      </form>
      <details>
        <summary>Where is my token?</summary>
        <p>On the machine where it runs, this prints a link that signs you in:</p>
        <Copyable text="npx trustmonitor console" label="the command that prints a link" />
        <p>
          A local stack keeps its token in <code>.trustmonitor/admin.token</code>. Elsewhere it is
          in the file that <code>TM_ADMIN_TOKEN_FILE</code> names.
        </p>
      </details>
    </main>
  );
}

/** Nothing where there is no provider; one that is away is said to be. */
function ByProvider() {
  const { data } = useResource<SignInWays>('/v1/session/ways', { everyMs: 15_000 });
  const oidc = data?.oidc ?? null;
  if (oidc === null) return null;
  const { name, url, isReachable } = oidc;
  const here = window.location.pathname + window.location.search;
  return (
    <div className="provider">
      {isReachable ? (
        <a className="button primary" href={`${url}?next=${encodeURIComponent(here)}`}>
          Sign in with {name}
        </a>
      ) : (
        <p className="warn" role="status">
          {name} cannot be used now: it does not answer, or is not set up as this server expects. A
          token still works.
        </p>
      )}
      <p className="or">
        <span>or</span>
      </p>
    </div>
  );
}
