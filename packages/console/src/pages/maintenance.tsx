/** Times in which people are not told: announced maintenance, and silences. */
import type { MaintenanceResource, SilenceResource } from '@trustmonitor/protocol';
import { getAll, remove, write } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { recurrenceOf } from '../model/quiet-time.ts';
import { namesOf } from '../model/selector.ts';
import { ActButton } from '../parts/act.tsx';
import { Empty, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Moment } from '../parts/time.tsx';
import { useMay } from '../session.tsx';
import { NewMaintenance, NewSilence } from './new-quiet-time.tsx';

export function MaintenancePage() {
  const mayPlan = useMay('maintenance:write');
  const maySilence = useMay('incidents:write');
  const windows = useRead<MaintenanceResource[]>(
    'maintenance',
    (signal) => getAll<MaintenanceResource>('/v1/maintenance', 500, signal),
    { everyMs: 15_000 },
  );
  const silences = useRead<SilenceResource[]>(
    'silences',
    (signal) => getAll<SilenceResource>('/v1/silences', 200, signal),
    { everyMs: 15_000 },
  );
  return (
    <>
      <PageHead
        title="Maintenance and silences"
        lead="Maintenance is announced in the log, signed, before it begins, and can be left out of uptime. A silence only keeps messages back."
      />
      <div className="columns">
        <div>
          <Section title="Maintenance">
            {windows.error !== null && <Fault error={windows.error} retry={windows.reload} />}
            {windows.data === null ? (
              <Loading what="windows" />
            ) : (
              <Windows windows={windows.data} mayWrite={mayPlan} reload={windows.reload} />
            )}
          </Section>
          {mayPlan && <NewMaintenance onMade={windows.reload} />}
        </div>
        <div>
          <Section title="Silences">
            {silences.error !== null && <Fault error={silences.error} retry={silences.reload} />}
            {silences.data === null ? (
              <Loading what="silences" />
            ) : (
              <Silences silences={silences.data} mayWrite={maySilence} reload={silences.reload} />
            )}
          </Section>
          {maySilence && <NewSilence onMade={silences.reload} />}
        </div>
      </div>
    </>
  );
}

interface WindowsProps {
  readonly windows: readonly MaintenanceResource[];
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

function Windows({ windows, mayWrite, reload }: WindowsProps) {
  if (windows.length === 0) return <Empty>None is planned.</Empty>;
  return (
    <ul className="rows">
      {windows.map(({ id, state, reason, nextAt, occurrences, selector, schedule, uptime }) => (
        <li key={id}>
          <div className="grow">
            <b>{id}</b> <span className="tag">{state}</span>
            <p>{reason}</p>
            {schedule.type === 'cron' && <p>{recurrenceOf({ schedule })}</p>}
            <p className="muted">
              {nextAt === null ? 'nothing to come' : <Moment at={nextAt} />} · {namesOf(selector)} ·{' '}
              {occurrences.length} announced in the log · uptime{' '}
              {uptime === 'excluded' ? 'leaves it out' : 'counts it'}
            </p>
          </div>
          {mayWrite && state === 'running' && (
            <ActButton
              confirm="End it now?"
              work={async () => {
                await write('POST', `/v1/maintenance/${id}/end`, undefined);
                reload();
              }}
            >
              End
            </ActButton>
          )}
          {mayWrite && state === 'planned' && (
            <ActButton
              confirm="Call it off?"
              work={async () => {
                await remove(`/v1/maintenance/${id}`);
                reload();
              }}
            >
              Call off
            </ActButton>
          )}
        </li>
      ))}
    </ul>
  );
}

interface SilencesProps {
  readonly silences: readonly SilenceResource[];
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

function Silences({ silences, mayWrite, reload }: SilencesProps) {
  if (silences.length === 0) return <Empty>Nothing is kept quiet.</Empty>;
  return (
    <ul className="rows">
      {silences.map(({ id, match, state, from, until, reason, createdBy }) => (
        <li key={id}>
          <div className="grow">
            <b>{namesOf(match)}</b> <span className="tag">{state}</span>
            <p>
              {reason} <span className="muted">by {createdBy}</span>
            </p>
            <p className="muted">
              <Moment at={from} /> to <Moment at={until} />
            </p>
          </div>
          {mayWrite && state !== 'ended' && (
            <ActButton
              confirm="End it now?"
              work={async () => {
                await remove(`/v1/silences/${id}`);
                reload();
              }}
            >
              End
            </ActButton>
          )}
        </li>
      ))}
    </ul>
  );
}
