/** What one region's agent reported in one round: every attempt, as it was signed. */
import type { RawVote, RoundDetail } from '@trustmonitor/protocol';
import { useResource } from '../api/resource.ts';
import { bytes, latency, plural, shortDigest } from '../model/words.ts';
import { Facts, Fault, Loading } from '../parts/basics.tsx';
import { Mark, toneOfVote } from '../parts/mark.tsx';
import { PhaseBar } from '../parts/phases.tsx';
import { Moment } from '../parts/time.tsx';

interface AttemptsProps {
  readonly round: string;
  readonly region: string;
  readonly onClose: () => void;
}

export function Attempts({ round, region, onClose }: AttemptsProps) {
  const detail = useResource<RoundDetail>(`/v1/rounds/${round}`);
  return (
    <section className="attempts" aria-label={`What ${region} saw`}>
      <header>
        <h3>
          {region} <span className="light">in the round of</span>{' '}
          {detail.data !== null && <Moment at={detail.data.openedAt} show="clock" />}
        </h3>
        <button type="button" onClick={onClose} autoFocus>
          Close
        </button>
      </header>
      {detail.error !== null && <Fault error={detail.error} retry={detail.reload} />}
      {detail.data === null ? (
        detail.error === null && <Loading what="the round" />
      ) : (
        <Results detail={detail.data} region={region} />
      )}
    </section>
  );
}

function Results({ detail, region }: { readonly detail: RoundDetail; readonly region: string }) {
  const results = detail.results
    .filter(({ result }) => result.region === region)
    .toSorted((a, b) => a.result.attempt - b.result.attempt);
  if (results.length === 0) {
    return <p className="muted">Nothing came from {region}: silence is no vote.</p>;
  }
  return (
    <>
      {results.map((vote) => (
        <Attempt key={`${vote.batch} ${vote.index}`} vote={vote} />
      ))}
      <p className="muted">
        Trace{' '}
        {detail.traceUrl === null ? (
          <code>{detail.traceId}</code>
        ) : (
          <a href={detail.traceUrl} rel="noreferrer" target="_blank">
            {detail.traceId}
          </a>
        )}
      </p>
    </>
  );
}

function Attempt({ vote }: { readonly vote: RawVote }) {
  const { result, counted, receivedAt } = vote;
  const { failure, attempt, final, outcome, agent } = result;
  return (
    <article className="attempt">
      <h4>
        <Mark tone={toneOfVote(outcome)} label={outcome} size={14} /> Attempt {attempt}
        <span className="light">
          {' '}
          by {agent}
          {final ? '' : ', tried again'}
          {counted ? ', counted' : ', not counted'}
        </span>
      </h4>
      {failure !== null && (
        <p className="failure">
          <code>{failure.class}</code> {failure.detail}
          <span className="light"> (fault of: {failure.attribution})</span>
        </p>
      )}
      <PhaseBar phases={result.phases} />
      <Seen vote={vote} />
      <details>
        <summary>Proof and raw result</summary>
        <Facts
          facts={[
            {
              name: 'Started',
              value: <>{<Moment at={result.startedAt} show="exact" />} by the agent’s clock</>,
            },
            { name: 'Received', value: <Moment at={receivedAt} show="exact" /> },
            {
              name: 'Signed in batch',
              value: (
                <code title={vote.batch}>
                  {shortDigest(vote.batch)} at {vote.index}
                </code>
              ),
            },
            { name: 'Canaries', value: result.selfCheck.canaries ?? 'not run: nothing failed' },
            { name: 'Loop delay', value: latency(result.selfCheck.loopDelayUs) },
          ]}
        />
        <pre tabIndex={0}>{JSON.stringify(result, null, 2)}</pre>
      </details>
    </article>
  );
}

function Seen({ vote: { result } }: { readonly vote: RawVote }) {
  const seen = result.response;
  if (seen === null) return null;
  const [leaf] = seen.certificates;
  return (
    <>
      <Facts
        facts={[
          seen.address === null
            ? null
            : {
                name: 'Address',
                value: (
                  <>
                    <code>{seen.address}</code>
                    {seen.addresses.length > 1 &&
                      ` of ${plural(seen.addresses.length, 'address', 'addresses')}`}
                  </>
                ),
              },
          seen.status === null
            ? null
            : { name: 'Status', value: `${seen.status} (HTTP/${seen.httpVersion ?? '?'})` },
          seen.bodyBytes === null ? null : { name: 'Body', value: bytes(seen.bodyBytes) },
          seen.tlsVersion === null
            ? null
            : { name: 'TLS', value: `${seen.tlsVersion}, ${seen.tlsCipher ?? '?'}` },
          leaf === undefined
            ? null
            : {
                name: 'Certificate',
                value: (
                  <>
                    until <Moment at={leaf.notAfter} show="day" />, sha256{' '}
                    <code title={leaf.sha256}>{shortDigest(leaf.sha256)}</code>
                  </>
                ),
              },
          seen.redirects.length === 0
            ? null
            : { name: 'Redirects', value: seen.redirects.join(' → ') },
          seen.dns === null
            ? null
            : { name: 'DNS', value: `${seen.dns.rcode}: ${seen.dns.answers.join(', ')}` },
          seen.icmp === null
            ? null
            : { name: 'Ping', value: `${seen.icmp.received} of ${seen.icmp.sent} came back` },
        ]}
      />
      {seen.failedAssertions.map(({ index, expected, actual, where }) => (
        <p key={index} className="failure">
          Assertion {index + 1}, {where}: expected <code>{expected}</code>, found{' '}
          <code>{actual}</code>
        </p>
      ))}
    </>
  );
}
