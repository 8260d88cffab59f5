/** Incidents, newest first. */
import type { IncidentResource } from '@trustmonitor/protocol';
import { duration } from '../model/words.ts';
import { Link, setQuery, useQuery } from '../navigation.tsx';
import { Choice, Empty, Fault, Loading, PageHead } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Moment, Since } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { More, useList } from './more.tsx';

const AT_ONCE = 100;

type Shown = 'all' | 'open' | 'resolved';

export function IncidentsPage() {
  const query = useQuery();
  const asked = query.get('state');
  const shown: Shown = asked === 'open' || asked === 'resolved' ? asked : 'all';
  const monitor = query.get('monitor');
  const filter = {
    ...(shown === 'all' ? {} : { state: shown }),
    ...(monitor === null ? {} : { monitor }),
  };
  const incidents = useList<IncidentResource>('/v1/incidents', filter, AT_ONCE, {
    on: ({ type }) => type.startsWith('incident.'),
    everyMs: 30_000,
  });
  return (
    <>
      <PageHead
        title="Incidents"
        lead={
          <p>
            Each is confirmed by a quorum of regions, signed, and can be checked by anybody.
            {monitor !== null && (
              <>
                {' '}
                Of <Link to={paths.monitor(monitor)}>{monitor}</Link> alone;{' '}
                <Link to={paths.incidents}>show all</Link>.
              </>
            )}
          </p>
        }
        actions={
          <Choice
            label="Which incidents"
            value={shown}
            options={[
              ['all', 'All'],
              ['open', 'Open'],
              ['resolved', 'Resolved'],
            ]}
            onChoose={(chosen) => setQuery({ state: chosen === 'all' ? null : chosen })}
          />
        }
      />
      {incidents.error !== null && <Fault error={incidents.error} retry={incidents.reload} />}
      {incidents.rows === null ? (
        incidents.error === null && <Loading what="incidents" />
      ) : (
        <>
          <IncidentList incidents={incidents.rows} />
          <More list={incidents} what="incidents" />
        </>
      )}
    </>
  );
}

interface ListProps {
  readonly incidents: readonly IncidentResource[];
}

export function IncidentList({ incidents }: ListProps) {
  if (incidents.length === 0) return <Empty>There are none.</Empty>;
  return (
    <>
      <ul className="rows">
        {incidents.map((incident) => (
          <li key={incident.id} className="incident-row">
            <Mark
              tone={incident.state === 'open' ? incident.verdict : 'up'}
              label={incident.state}
            />
            <div className="grow">
              <Link to={paths.incident(incident.id)} className="name">
                {incident.monitorName}
              </Link>{' '}
              <span className="reason">{incident.reason}</span>
              <p className="muted">
                <Moment at={incident.openedAt} /> · {incident.regionsDown.length} of{' '}
                {incident.regions.length} regions saw it down
                {incident.acknowledged !== null && (
                  <> · {incident.acknowledged.by} has it in hand</>
                )}
              </p>
            </div>
            <span className={`lasting ${incident.state}`}>
              {incident.resolvedAt === null ? (
                <>
                  open for <Since at={incident.openedAt} />
                </>
              ) : (
                duration(Date.parse(incident.resolvedAt) - Date.parse(incident.openedAt))
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
