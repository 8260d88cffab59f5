/** Who is there, and which page they look at. */
import type { SessionResource } from '@trustmonitor/protocol';
import { useEffect, useMemo, useState } from 'react';
import { ApiProblem, SIGNED_OUT, get } from './api/client.ts';
import { liveFeed } from './api/live.ts';
import { asError } from './model/errors.ts';
import { usePath } from './navigation.tsx';
import { Fault, Loading } from './parts/basics.tsx';
import { Boundary } from './parts/boundary.tsx';
import { Shell } from './parts/shell.tsx';
import { PageOf } from './pages/page-of.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { routeOf } from './routes.ts';
import {
  SessionContext,
  forgetSession,
  signIn,
  signOut,
  takeCode,
  takeFailure,
} from './session.tsx';

type State =
  | { readonly is: 'asking' }
  | { readonly is: 'signed-out'; readonly fault: Error | null }
  | { readonly is: 'signed-in'; readonly session: SessionResource }
  | { readonly is: 'away'; readonly error: Error };

export function App() {
  const [state, setState] = useState<State>({ is: 'asking' });
  const path = usePath();
  const route = useMemo(() => routeOf(path), [path]);
  const start = (): void => {
    void whoIsThere().then(setState);
  };
  useEffect(start, []);
  useEffect(() => {
    const leave = (): void => setState({ is: 'signed-out', fault: null });
    window.addEventListener(SIGNED_OUT, leave);
    return () => window.removeEventListener(SIGNED_OUT, leave);
  }, []);
  useEffect(() => {
    if (state.is === 'signed-in') liveFeed.open();
    else forgetSession();
  }, [state.is]);

  switch (state.is) {
    case 'asking':
      return <Loading what="who you are" />;
    case 'away':
      return <Fault error={state.error} retry={start} />;
    case 'signed-out':
      return (
        <SignIn
          fault={state.fault}
          onSignedIn={(session) => setState({ is: 'signed-in', session })}
        />
      );
    case 'signed-in':
      return (
        <SessionContext value={state.session}>
          <Shell
            route={route}
            onSignOut={async () => {
              await signOut();
              setState({ is: 'signed-out', fault: null });
            }}
          >
            <Boundary key={path}>
              <PageOf route={route} />
            </Boundary>
          </Shell>
        </SessionContext>
      );
  }
}

/** A link's code counts before a session that may be there. Asked once, whoever asks. */
let asked: Promise<State> | null = null;

function whoIsThere(): Promise<State> {
  const code = takeCode();
  if (code === null && asked !== null) return asked;
  asked = code === null ? bySession(takeFailure()) : byCode(code);
  void asked.then((state) => {
    if (state.is !== 'signed-in') asked = null;
  });
  return asked;
}

async function byCode(code: string): Promise<State> {
  try {
    return { is: 'signed-in', session: await signIn({ code }) };
  } catch (error) {
    return bySession(asError(error));
  }
}

async function bySession(fault: Error | null): Promise<State> {
  try {
    return { is: 'signed-in', session: await get<SessionResource>('/v1/session') };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return { is: 'signed-out', fault };
    return { is: 'away', error: asError(error) };
  }
}
