/** The checkpoints that are kept, and who vouches for each. */
import type { CheckpointResource } from '@trustmonitor/protocol';
import { duration, plural } from '../model/words.ts';
import { Empty, Fault, Loading, Section } from '../parts/basics.tsx';
import { Moment } from '../parts/time.tsx';
import { More, useList } from './more.tsx';

const AT_ONCE = 20;
const NO_FILTER = {};

export function Checkpoints() {
  const list = useList<CheckpointResource>('/v1/log/checkpoints', NO_FILTER, AT_ONCE, {
    everyMs: 15_000,
  });
  return (
    <Section title="Checkpoints" aside="cosigned, newest first; what proves nothing any more goes">
      {list.error !== null && <Fault error={list.error} retry={list.reload} />}
      {list.rows === null ? (
        list.error === null && <Loading what="the checkpoints" />
      ) : list.rows.length === 0 ? (
        <Empty>None has been cosigned yet.</Empty>
      ) : (
        <>
          <ul className="rows">
            {list.rows.map((checkpoint) => (
              <Row key={checkpoint.size} checkpoint={checkpoint} />
            ))}
          </ul>
          <More list={list} what="checkpoints" />
        </>
      )}
    </Section>
  );
}

function Row({ checkpoint }: { readonly checkpoint: CheckpointResource }) {
  const { size, signedAt, cosignedAt, cosignatures } = checkpoint;
  const tookMs = Date.parse(cosignedAt) - Date.parse(signedAt);
  return (
    <li>
      <div className="grow">
        <b>{plural(size, 'leaf', 'leaves')}</b>{' '}
        <span className="muted">
          signed <Moment at={signedAt} />, cosigned within {duration(Math.max(0, tookMs))}
        </span>
        <p className="muted">
          {cosignatures.length === 0
            ? 'no witness is asked'
            : cosignatures.map(({ witness, at }, i) => (
                <span key={witness} title={witness}>
                  {i > 0 && ' · '}
                  {witness.split('/').at(-1)} <Moment at={at} show="clock" />
                </span>
              ))}
        </p>
      </div>
    </li>
  );
}
