/** The evidence of an incident, verified on this device: what was checked, by whose word, and what a lie does to it. */
import type { Bundle } from '@trustmonitor/protocol';
import { useEffect, useMemo, useState } from 'react';
import { ApiProblem, send } from '../api/client.ts';
import { usePart } from '../api/part.ts';
import { useRead } from '../api/resource.ts';
import { pinnedRoot } from '../evidence/pinned-root.ts';
import type { Verified, readRoot, verify } from '../evidence/verifier.ts';
import { attempt } from '../model/errors.ts';
import { textOfBundle, type Told } from '../model/tamper.ts';
import { Link } from '../navigation.tsx';
import { Copyable, Fault, Loading, PageHead, PartFault, Section } from '../parts/basics.tsx';
import { Icon } from '../parts/icon.tsx';
import { paths } from '../routes.ts';
import { useSession } from '../session.tsx';
import { CheckList, Verdict } from './evidence-checks.tsx';
import { TamperDemo } from './evidence-tamper.tsx';
import { TrustChoice, type Trust } from './evidence-trust.tsx';

/** The part of its own that verifies. */
interface Verifier {
  readonly verify: typeof verify;
  readonly readRoot: typeof readRoot;
}

export function EvidencePage({ id }: { readonly id: string }) {
  const evidence = useRead<string>(
    `evidence ${id}`,
    async (signal) => (await send('GET', `/v1/incidents/${id}/evidence`, { signal })).text(),
    { on: (told) => 'incident' in told && told.incident === id },
  );
  const { error, reload } = evidence;
  const isPending = error instanceof ApiProblem && error.status === 409;
  useEffect(() => {
    if (!isPending) return;
    const again = window.setTimeout(reload, 2_000);
    return () => window.clearTimeout(again);
  }, [isPending, error, reload]);
  return (
    <>
      <PageHead
        over={
          <>
            <Link to={paths.incidents}>Incidents</Link> /{' '}
            <Link to={paths.incident(id)}>{id.slice(0, 13)}…</Link>
          </>
        }
        title="Evidence"
        lead="One file and one public root key are enough to check, offline and without trusting this server, that regions really reported the failure."
      />
      {isPending && (
        <p className="loading" role="status">
          The agents have not cosigned the log yet; this takes a moment …
        </p>
      )}
      {error !== null && !isPending && <Fault error={error} retry={reload} />}
      {evidence.data !== null && <Verification key={evidence.data} id={id} text={evidence.data} />}
      {evidence.data === null && error === null && <Loading what="the evidence" />}
    </>
  );
}

interface VerificationProps {
  readonly id: string;
  /** The bundle as it was sent. */
  readonly text: string;
}

function Verification({ id, text }: VerificationProps) {
  const { network } = useSession();
  const { part: verifier, error: unloaded } = usePart<Verifier>(loadVerifier);
  const [pinned, setPinned] = useState(() => pinnedRoot(network));
  const served = useRead<string>('root', async (signal) =>
    (await send('GET', '/v1/keys/root', { signal })).text(),
  );
  const [lie, setLie] = useState<Told | null>(null);
  const root = pinned ?? served.data;
  const trust: Trust = pinned !== null ? 'pinned' : 'served';
  const shown = lie === null ? text : textOfBundle(lie.bundle);
  // It takes longer than anything else here: once for each thing that is verified.
  const outcome = useMemo(
    () =>
      verifier === null || root === null
        ? null
        : attempt(() => verifier.verify(shown, verifier.readRoot(root))),
    [verifier, shown, root],
  );
  const bundle = useMemo(() => attempt(() => JSON.parse(text) as Bundle), [text]);
  return (
    <div className="columns evidence">
      <div>
        {unloaded !== null ? (
          <PartFault error={unloaded} />
        ) : outcome === null ? (
          <Loading what="the verifier" />
        ) : outcome instanceof Error ? (
          <Fault error={outcome} />
        ) : (
          <>
            <Verdict verified={outcome} trust={trust} lie={lie} />
            <Section title="What was checked" aside={<Took verified={outcome} />}>
              <CheckList checks={outcome.checks} />
            </Section>
            {outcome.passed && (
              <Section title="What this does not prove">
                <ul className="plain">
                  {outcome.notProven.map((what) => (
                    <li key={what}>{what}</li>
                  ))}
                </ul>
              </Section>
            )}
          </>
        )}
      </div>
      <div>
        <TrustChoice network={network} trust={trust} verifier={verifier} onPinned={setPinned} />
        {bundle instanceof Error ? (
          <Fault error={new Error(`The evidence of ${id} is no JSON: ${bundle.message}`)} />
        ) : (
          <TamperDemo bundle={bundle} told={lie} onTell={setLie} />
        )}
        <TakeAway id={id} />
      </div>
    </div>
  );
}

const loadVerifier = () => import('../evidence/verifier.ts');

function Took({ verified }: { readonly verified: Verified }) {
  return <>in this browser, {Math.max(1, Math.round(verified.tookMs))} ms, no network</>;
}

function TakeAway({ id }: { readonly id: string }) {
  const file = `incident-${id}.json`;
  const at = `/v1/incidents/${id}/evidence`;
  return (
    <Section title="Take it away">
      <ul className="downloads">
        <Download href={at} name={file} words="Evidence bundle" note="what outsiders verify" />
        <Download
          href={`${at}?format=sigstore`}
          name={`incident-${id}.sigstore.json`}
          words="Sigstore bundle"
          note="for cosign and other verifiers"
        />
        <Download
          href={`${at}?format=tlog-proof`}
          name={`incident-${id}.tlog-proof`}
          words="Log proof"
          note="c2sp.org/tlog-proof"
        />
        <Download
          href="/v1/keys/root"
          name="root.json"
          words="Root file"
          note="hand it out by another way"
        />
      </ul>
      <p className="muted">On another machine, with no network:</p>
      <Copyable
        text={`trustmonitor verify ${file} --root root.json`}
        label="the command that verifies"
      />
      <p className="muted">
        Or as a page that needs no installation: <a href="/verify">/verify</a>
      </p>
    </Section>
  );
}

interface DownloadProps {
  readonly href: string;
  readonly name: string;
  readonly words: string;
  readonly note: string;
}

function Download({ href, name, words, note }: DownloadProps) {
  return (
    <li>
      <a href={href} download={name}>
        <Icon name="download" /> {words}
      </a>{' '}
      <span className="muted">{note}</span>
    </li>
  );
}
