/** Takes a region or an agent out for planned work, and puts it in again. */
import type { AgentResource, DrainResource, RegionResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { ApiProblem, remove, write } from '../api/client.ts';
import { ActButton, useAct } from '../parts/act.tsx';
import { Fault } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { Verdictly } from '../parts/mark.tsx';
import { Moment } from '../parts/time.tsx';

interface RegionDrainProps {
  readonly region: RegionResource;
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

export function RegionDrain({ region: { region, drain }, mayWrite, reload }: RegionDrainProps) {
  const at = `/v1/regions/${region}/drain`;
  if (drain !== null) {
    return (
      <>
        <p>
          <Verdictly tone="paused">drained</Verdictly> <Told drain={drain} />
        </p>
        {mayWrite && (
          <div>
            <Undrain at={at} reload={reload} />
          </div>
        )}
      </>
    );
  }
  if (!mayWrite) return null;
  return (
    <details className="region-place">
      <summary>Drain it for planned work</summary>
      <RegionForm at={at} reload={reload} />
    </details>
  );
}

function Told({ drain: { by, since, reason } }: { readonly drain: DrainResource }) {
  return (
    <>
      by {by} since <Moment at={since} show="clock" />
      {reason !== '' && `: ${reason}`}
    </>
  );
}

interface FormProps {
  readonly at: string;
  readonly reload: () => void;
}

function Undrain({ at, reload }: FormProps) {
  return (
    <ActButton
      work={async () => {
        await remove(at);
        reload();
      }}
    >
      Undrain
    </ActButton>
  );
}

function RegionForm({ at, reload }: FormProps) {
  const [reason, setReason] = useState('');
  const act = useAct();
  const drain = (force: boolean): void =>
    act.run(async () => {
      await write('PUT', at, { reason, force });
      reload();
    });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    drain(false);
  };
  const isTooFew = act.error instanceof ApiProblem && act.error.code === 'drain.too_few';
  return (
    <form className="form-row" onSubmit={submit}>
      <Field
        {...{ label: 'Reason', value: reason, onText: setReason, maxLength: 300 }}
        hint="No round asks it until it is undrained, and nobody is told that it is lost"
      />
      <button type="submit" disabled={act.isBusy}>
        Drain
      </button>
      {act.error !== null && <Fault error={act.error} />}
      {isTooFew && (
        <button type="button" className="danger" onClick={() => drain(true)}>
          Drain all the same
        </button>
      )}
    </form>
  );
}

interface AgentDrainProps {
  readonly agent: AgentResource;
  readonly reload: () => void;
}

export function AgentDrain({ agent: { agent, drain }, reload }: AgentDrainProps) {
  const at = `/v1/agents/${agent}/drain`;
  if (drain !== null) return <Undrain at={at} reload={reload} />;
  return (
    <ActButton
      confirm="It takes no jobs until it is undrained. Drain it?"
      work={async () => {
        await write('PUT', at, {});
        reload();
      }}
    >
      Drain
    </ActButton>
  );
}

/** One that was told drains until it says that it takes no jobs. */
export function AgentDrainMark({ agent: { drain } }: Pick<AgentDrainProps, 'agent'>) {
  if (drain === null) return null;
  return (
    <>
      {' '}
      <Verdictly tone="paused">{drain.confirmed ? 'drained' : 'draining'}</Verdictly>{' '}
      <span className="muted">
        <Told drain={drain} />
      </span>
    </>
  );
}
