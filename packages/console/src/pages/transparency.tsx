/** The log: its newest head, who cosigned it, and how to audit it. */
import type { SystemResource } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { send } from '../api/client.ts';
import { useRead, useResource } from '../api/resource.ts';
import { attempt } from '../model/errors.ts';
import { readCheckpoint, type Head } from '../model/statement.ts';
import { plural } from '../model/words.ts';
import { Copyable, Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { Checkpoints } from './transparency-checkpoints.tsx';
import { ConsistencyCheck } from './transparency-consistency.tsx';

export function TransparencyPage() {
  const checkpoint = useRead<string>(
    'checkpoint',
    async (signal) => (await send('GET', '/log/checkpoint', { signal })).text(),
    { everyMs: 5_000 },
  );
  const system = useResource<SystemResource>('/v1/system', { everyMs: 15_000 });
  const note = checkpoint.data;
  const head = useMemo(() => (note === null ? null : attempt(() => readCheckpoint(note))), [note]);
  const log = system.data?.stored?.log ?? null;
  return (
    <>
      <PageHead
        title="Log"
        lead="An append-only Merkle tree over every batch of votes, every record and every key ring. The agents cosign only heads that extend the one that they saw last: the past cannot be rewritten for one reader alone."
      />
      {checkpoint.error !== null && <Fault error={checkpoint.error} retry={checkpoint.reload} />}
      {note === null && checkpoint.error === null && <Loading what="the checkpoint" />}
      {note !== null && (
        <div className="columns">
          <div>
            <Section title="Newest checkpoint">
              {head instanceof Error && <Fault error={head} retry={checkpoint.reload} />}
              {head !== null && !(head instanceof Error) && <HeadFacts head={head} />}
              <pre tabIndex={0}>{note}</pre>
            </Section>
            <Checkpoints />
          </div>
          <div>
            <Section title="Cosignatures" aside="of the agents, as witnesses">
              {head === null || head instanceof Error || head.cosignatures.length === 0 ? (
                <p className="muted">
                  {head instanceof Error ? 'They cannot be read.' : 'Nobody has cosigned it yet.'}
                </p>
              ) : (
                <Witnesses head={head} />
              )}
            </Section>
            <ConsistencyCheck note={note} />
            {log !== null && <Stored log={log} />}
            <Section title="Audit it">
              <p>
                Whoever has the root file can read the whole log, compute its tree again and hold
                every record against it:
              </p>
              <Copyable
                text={`trustmonitor log audit --url ${window.location.origin} --root root.json`}
                label="the command that audits"
              />
            </Section>
          </div>
        </div>
      )}
    </>
  );
}

function HeadFacts({ head }: { readonly head: Head }) {
  return (
    <Facts
      facts={[
        { name: 'Origin', value: <code>{head.origin}</code> },
        { name: 'Leaves', value: head.size.toLocaleString('en') },
        { name: 'Root', value: <code>{head.root}</code> },
      ]}
    />
  );
}

function Witnesses({ head }: { readonly head: Head }) {
  return (
    <ul className="rows">
      {head.cosignatures.map(({ witness, atMs }) => {
        const at = new Date(atMs).toISOString();
        return (
          <li key={witness}>
            <Mark tone="up" label="cosigned" size={14} />
            <span className="grow">{witness}</span>
            <span className="muted">
              <Moment at={at} show="clock" /> (<Ago at={at} />)
            </span>
          </li>
        );
      })}
    </ul>
  );
}

type StoredLog = NonNullable<NonNullable<SystemResource['stored']>['log']>;

function Stored({ log: { size, witnesses, checkpoint } }: { readonly log: StoredLog }) {
  return (
    <Section title="How far it is">
      <Facts
        facts={[
          { name: 'Stored', value: plural(size, 'leaf', 'leaves') },
          { name: 'Witnesses', value: `${witnesses} in the policy` },
          checkpoint === null
            ? null
            : {
                name: 'Cosigned',
                value: `${checkpoint.size} leaves, by ${plural(checkpoint.cosignatures, 'witness', 'witnesses')}`,
              },
        ]}
      />
    </Section>
  );
}
