/** Whether the log still begins as this browser once saw it. */
import { useEffect, useState } from 'react';
import { loadPart } from '../api/part.ts';
import type { Consistency } from '../evidence/consistency.ts';
import {
  rememberCheckpoint,
  seenCheckpoint,
  type SeenCheckpoint,
} from '../evidence/seen-checkpoint.ts';
import { attempt } from '../model/errors.ts';
import { plural } from '../model/words.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Section } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { useSession } from '../session.tsx';

interface Outcome {
  readonly found: Consistency;
  readonly before: SeenCheckpoint;
  readonly now: string;
}

/** `note` is the newest checkpoint. */
export function ConsistencyCheck({ note }: { readonly note: string }) {
  const { network } = useSession();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const act = useAct();
  useEffect(() => {
    // Where a browser keeps nothing, the check itself says so.
    if (seenCheckpoint(network) === null) attempt(() => rememberCheckpoint(network, note));
  }, [network, note]);
  const seen = seenCheckpoint(network);
  const check = (): void => {
    act.run(async () => {
      const before = seenCheckpoint(network) ?? { note, seenAt: new Date().toISOString() };
      const { checkConsistency } = await loadPart(() => import('../evidence/consistency.ts'));
      const found = await checkConsistency(before.note, note, tileAt);
      // What it does not stand by is kept, and held against it again.
      if (found.holds) rememberCheckpoint(network, note);
      setOutcome({ found, before, now: note });
    });
  };
  const forget = (): void => {
    rememberCheckpoint(network, note);
    setOutcome(null);
  };
  return (
    <Section title="Is it still the same log?" aside="worked out in this browser, from its tiles">
      <p>
        {seen === null ? (
          'This browser remembers a checkpoint from its first visit on.'
        ) : (
          <>
            This browser remembers the checkpoint that it saw <Ago at={seen.seenAt} />. A log that
            was not rewritten since begins with just those leaves.
          </>
        )}
      </p>
      <div className="actions">
        <button type="button" onClick={check} disabled={act.isBusy}>
          Check consistency
        </button>
      </div>
      {act.error !== null && <Fault error={act.error} />}
      {outcome !== null && <Result outcome={outcome} onForget={forget} />}
    </Section>
  );
}

function Result({
  outcome,
  onForget,
}: {
  readonly outcome: Outcome;
  readonly onForget: () => void;
}) {
  const { found, before, now } = outcome;
  if (found.holds) {
    const grown = found.to - found.from;
    return (
      <div className="banner good" role="status" data-consistency="holds">
        <Mark tone="up" label="" size={28} />
        <div>
          <h2>Consistent</h2>
          <p>
            {grown === 0
              ? `It has not grown: the same ${plural(found.to, 'leaf', 'leaves')}.`
              : `Its first ${plural(found.from, 'leaf', 'leaves')} of ${found.to} are those that it had.`}{' '}
            Seen <Moment at={before.seenAt} />.
          </p>
        </div>
      </div>
    );
  }
  return (
    <div className="banner bad" role="alert" data-consistency="broken">
      <Mark tone="down" label="" size={28} />
      <div>
        <h2>Not consistent: the log was rewritten</h2>
        <p>
          {found.why} Seen <Moment at={before.seenAt} />.
        </p>
        <p>
          Keep both checkpoints: if the log signed them, they can be shown to anybody.{' '}
          <code>trustmonitor log compare</code> says whether it did and what they prove. Until then
          rely on no evidence that is newer than the first.
        </p>
        <pre tabIndex={0} aria-label="The checkpoint that this browser saw">
          {before.note}
        </pre>
        <pre tabIndex={0} aria-label="The checkpoint of now">
          {now}
        </pre>
        <div className="actions">
          <button type="button" onClick={onForget}>
            Forget the first
          </button>
        </div>
      </div>
    </div>
  );
}

/** Tiles may be kept for ever: this asks for what the log shows now. */
async function tileAt(path: string): Promise<Uint8Array | null> {
  const response = await fetch(`/log/${path}`, { cache: 'reload' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The server answered ${response.status} to /log/${path}.`);
  return new Uint8Array(await response.arrayBuffer());
}
