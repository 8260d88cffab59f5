/** One monitor: how it is in each region, how it was, and what it promises. */
import type {
  IncidentResource,
  MonitorResource,
  RoundDetail,
  RoundResource,
} from '@trustmonitor/protocol';
import { useBars } from '../api/history.ts';
import { remove, write, type Page } from '../api/client.ts';
import type { Told } from '../api/feed.ts';
import { useNamed, useRegions } from '../api/regions.ts';
import { useLastSeen, useResource } from '../api/resource.ts';
import { readFilters, stateOf, targetOf } from '../model/filters.ts';
import { duration, shortDigest } from '../model/words.ts';
import type { RangeName } from '../model/bars.ts';
import { Link, navigate, setQuery, useQuery } from '../navigation.tsx';
import { ActButton } from '../parts/act.tsx';
import { Choice, Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Verdictly } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { useMay } from '../session.tsx';
import { IncidentList } from './incidents.tsx';
import { MonitorLanes } from './monitor-lanes.tsx';
import { MonitorLatency } from './monitor-latency.tsx';
import { MonitorNow } from './monitor-now.tsx';
import { MonitorPromises } from './monitor-slo.tsx';
import { MonitorRevisions } from './monitor-revisions.tsx';
import { RANGE_CHOICES } from './overview-filters.tsx';

export function MonitorPage({ id }: { readonly id: string }) {
  const at = `/v1/monitors/${encodeURIComponent(id)}`;
  const concerns = (told: Told): boolean => 'monitor' in told && told.monitor === id;
  const monitor = useResource<MonitorResource>(at, { on: concerns, everyMs: 5_000 });
  const rounds = useResource<Page<RoundResource>>(`${at}/rounds?limit=1`, {
    on: concerns,
    everyMs: 5_000,
  });
  const newest = rounds.data?.data[0] ?? null;
  // The round before stays until the next one has been read.
  const detail = useLastSeen(useResource<RoundDetail>(newest && `/v1/rounds/${newest.id}`));
  if (monitor.data === null) {
    return monitor.error === null ? (
      <Loading what="the monitor" />
    ) : (
      <Fault error={monitor.error} retry={monitor.reload} />
    );
  }
  const { data, error, reload } = monitor;
  return (
    <>
      {error !== null && <Fault error={error} retry={reload} />}
      <Shown monitor={data} round={detail} reload={reload} />
    </>
  );
}

interface ShownProps {
  readonly monitor: MonitorResource;
  readonly round: RoundDetail | null;
  readonly reload: () => void;
}

function Shown({ monitor, round, reload }: ShownProps) {
  const { range } = readFilters(useQuery());
  const regions = useRegions();
  const asked = useNamed(monitor.regions, regions);
  const past = useBars(monitor, range, { asked });
  return (
    <>
      <Head monitor={monitor} reload={reload} />
      <MonitorNow id={monitor.id} asked={asked} round={round} />
      <Section
        title="History"
        aside={
          <Choice<RangeName>
            label="Time shown"
            value={range}
            options={RANGE_CHOICES}
            onChoose={(chosen) => setQuery({ range: chosen === '1h' ? null : chosen })}
          />
        }
      >
        <MonitorLanes id={monitor.id} shown={past} />
      </Section>
      <MonitorLatency id={monitor.id} range={range} history={past.history} />
      <div className="columns">
        <div>
          <MonitorPromises id={monitor.id} />
          <Incidents id={monitor.id} />
        </div>
        <div>
          <Section title="How it is decided">
            <Settings monitor={monitor} />
          </Section>
          <MonitorRevisions id={monitor.id} current={monitor.revision} />
        </div>
      </div>
    </>
  );
}

function Head({ monitor, reload }: Pick<ShownProps, 'monitor' | 'reload'>) {
  const mayWrite = useMay('monitors:write');
  const { inMaintenance, openIncident, group, openAnomalies } = monitor;
  return (
    <PageHead
      over={
        <>
          <Link to={paths.overview}>Overview</Link>
          {group !== null && (
            <>
              {' '}
              / <Link to={`/?group=${encodeURIComponent(group)}`}>{group}</Link>
            </>
          )}
        </>
      }
      title={
        <>
          {monitor.name} <Verdictly tone={stateOf(monitor)} />
        </>
      }
      lead={
        <>
          <p>
            <code>{targetOf(monitor.check)}</code>
            {monitor.lastRoundAt !== null && (
              <>
                {' '}
                · last round <Ago at={monitor.lastRoundAt} />
              </>
            )}
          </p>
          {openIncident !== null && (
            <p>
              <Link to={paths.incident(openIncident)}>There is an open incident</Link>
            </p>
          )}
          {inMaintenance !== null && (
            <p>
              In maintenance until <Moment at={inMaintenance.until} />: {inMaintenance.reason}
            </p>
          )}
          {openAnomalies.map(({ summary, since }) => (
            <p key={summary}>
              Unusual since <Moment at={since} show="clock" />: {summary}
            </p>
          ))}
          {monitor.unconfirmed && <p>One voting group alone decides: nobody confirms it.</p>}
        </>
      }
      actions={mayWrite && <Deeds monitor={monitor} reload={reload} />}
    />
  );
}

function Deeds({ monitor, reload }: Pick<ShownProps, 'monitor' | 'reload'>) {
  const at = `/v1/monitors/${encodeURIComponent(monitor.id)}`;
  return (
    <>
      <Link to={paths.edit(monitor.id)} className="button">
        Edit
      </Link>
      <Link to={paths.clone(monitor.id)} className="button">
        Clone
      </Link>
      <ActButton
        work={async () => {
          await write('PATCH', at, { enabled: !monitor.enabled }, { 'if-match': '*' });
          reload();
        }}
      >
        {monitor.enabled ? 'Pause' : 'Resume'}
      </ActButton>
      <ActButton
        className="danger"
        confirm="Delete it? Its history and incidents stay."
        work={async () => {
          await remove(at);
          navigate(paths.overview);
        }}
      >
        Delete
      </ActButton>
    </>
  );
}

function Settings({ monitor }: { readonly monitor: MonitorResource }) {
  const { policy, mode, regions, intervalMs, check, owner, labels, runbook, checkDigest } = monitor;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return (
    <Facts
      facts={[
        { name: 'Kind', value: check.type },
        {
          name: 'Every',
          value: `${duration(intervalMs)}, ${mode === 'all' ? 'from all regions' : 'one region in turn; all of them when it fails'}`,
        },
        { name: 'Regions', value: regions.join(', ') },
        { name: 'Quorum', value: policy.quorum },
        {
          name: 'Confirmed by',
          value: `${policy.confirmRounds} rounds, at least ${duration(policy.confirmAfterMs)} apart`,
        },
        pairs.length === 0 ? null : { name: 'Labels', value: pairs.join(', ') },
        owner === null ? null : { name: 'Applied by', value: owner },
        runbook === null ? null : { name: 'Runbook', value: runbook },
        {
          name: 'Definition',
          value: <code title={checkDigest}>sha256 {shortDigest(checkDigest)}</code>,
        },
      ]}
    />
  );
}

function Incidents({ id }: { readonly id: string }) {
  const path = `/v1/incidents?limit=5&monitor=${encodeURIComponent(id)}`;
  const incidents = useResource<Page<IncidentResource>>(path, {
    on: (told) => told.type.startsWith('incident.') && 'monitor' in told && told.monitor === id,
  });
  return (
    <Section
      title="Incidents"
      aside={<Link to={`${paths.incidents}?monitor=${encodeURIComponent(id)}`}>All of them</Link>}
    >
      {incidents.data === null ? (
        <Loading what="incidents" />
      ) : (
        <IncidentList incidents={incidents.data.data} />
      )}
    </Section>
  );
}
