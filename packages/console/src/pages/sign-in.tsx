/** The way in: a token, where no link has brought a code. */
import type { SessionResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { useAct } from '../parts/act.tsx';
import { Copyable, Fault } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { Brand } from '../parts/brand.tsx';
import { signIn } from '../session.tsx';

interface SignInProps {
  readonly onSignedIn: (session: SessionResource) => void;
  /** Why the link did not do. */
  readonly linkFault: Error | null;
}

export function SignIn({ onSignedIn, linkFault }: SignInProps) {
  const [token, setToken] = useState('');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => onSignedIn(await signIn({ token })));
  };
  const fault = act.error ?? linkFault;
  return (
    <main className="sign-in">
      <Brand />
      <h1>Sign in</h1>
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
      {fault !== null && <Fault error={fault} />}
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
