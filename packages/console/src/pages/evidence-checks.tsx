/** How a verification ended, check by check. */
import type { ShownCheck, Verified } from '../evidence/verifier.ts';
import type { Told } from '../model/tamper.ts';
import { shortDigest } from '../model/words.ts';
import { Facts } from '../parts/basics.tsx';
import { Moment } from '../parts/time.tsx';
import type { Trust } from './evidence-trust.tsx';

interface VerdictProps {
  readonly verified: Verified;
  readonly trust: Trust;
  /** What was changed before it was verified. */
  readonly lie: Told | null;
}

export function Verdict({ verified, trust, lie }: VerdictProps) {
  const failed = verified.checks.find(({ state }) => state === 'fail');
  const ending = endingOf(verified, trust);
  return (
    <div className={`banner ${ending.tone}`} role="status" data-verdict={ending.tone}>
      <CheckMark
        state={ending.tone === 'good' ? 'pass' : ending.tone === 'bad' ? 'fail' : 'skip'}
        size={28}
      />
      <div>
        <h2>{ending.title}</h2>
        {failed === undefined ? (
          <p>{ending.text}</p>
        ) : (
          <p>
            <code>{failed.code}</code> {failed.title.toLowerCase()}: no. {failed.detail}
          </p>
        )}
        {lie !== null && (
          <p className="lie">
            You changed <code>{lie.where}</code> from <del>{lie.before}</del> to{' '}
            <ins>{lie.after}</ins>.
          </p>
        )}
        {verified.statement !== null && <Said verified={verified} />}
      </div>
    </div>
  );
}

interface Ending {
  readonly tone: 'good' | 'caution' | 'bad';
  readonly title: string;
  readonly text: string;
}

function endingOf({ passed, checks }: Verified, trust: Trust): Ending {
  if (!passed) return { tone: 'bad', title: 'Not verified', text: 'Rely on nothing in this file.' };
  const held = checks.filter(({ state }) => state === 'pass').length;
  if (trust === 'pinned') {
    return {
      tone: 'good',
      title: 'Verified',
      text: `All ${held} checks hold, from the root that you pinned. This server could not have made it up.`,
    };
  }
  return {
    tone: 'caution',
    title: 'Consistent: every check holds',
    text: `All ${held} checks hold against the root that this server offers. Whoever forges evidence can offer a forged root: pin one that you got another way.`,
  };
}

function Said({ verified: { statement, digest } }: { readonly verified: Verified }) {
  if (statement === null) return null;
  const { predicate, subject } = statement;
  const down = new Set(predicate.votes.filter(({ vote }) => vote === 'down').map((v) => v.region));
  return (
    <Facts
      facts={[
        { name: 'Target', value: subject.map(({ name }) => name).join(', ') },
        { name: 'Verdict', value: `${predicate.verdict} (${predicate.step})` },
        { name: 'Opened', value: <Moment at={predicate.openedAt} show="full" /> },
        predicate.resolvedAt === null
          ? null
          : { name: 'Resolved', value: <Moment at={predicate.resolvedAt} show="full" /> },
        down.size === 0 ? null : { name: 'Down from', value: [...down].toSorted().join(', ') },
        { name: 'File', value: <code title={digest}>sha256 {shortDigest(digest)}</code> },
      ]}
    />
  );
}

const SPOKEN: Readonly<Record<ShownCheck['state'], string>> = {
  pass: 'Holds: ',
  fail: 'Fails: ',
  skip: 'Nothing to check: ',
  'not-made': 'Not checked: ',
};

export function CheckList({ checks }: { readonly checks: readonly ShownCheck[] }) {
  return (
    <ol className="checks">
      {checks.map(({ code, title, state, detail }) => (
        <li key={code} className={state} data-code={code}>
          <CheckMark state={state} />
          <div>
            <p>
              <span className="spoken">{SPOKEN[state]}</span>
              {title}
            </p>
            <p className="detail">
              <code>{code}</code> {detail}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

interface CheckMarkProps {
  readonly state: ShownCheck['state'];
  readonly size?: number;
}

function CheckMark({ state, size = 18 }: CheckMarkProps) {
  return (
    <svg
      className={`check-mark ${state}`}
      width={size}
      height={size}
      viewBox="0 0 18 18"
      aria-hidden="true"
    >
      <circle cx="9" cy="9" r="8" className="ground" />
      {state === 'pass' && <path d="m5.2 9.3 2.6 2.6 5-5.6" />}
      {state === 'fail' && <path d="m6 6 6 6m0-6-6 6" />}
      {state === 'skip' && <path d="M5.5 9h7" />}
    </svg>
  );
}
