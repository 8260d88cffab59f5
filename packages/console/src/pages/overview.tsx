/** All monitors at a glance, the worst first, live. */
import type { MonitorResource, RegionResource } from '@trustmonitor/protocol';
import { Suspense, lazy, useEffect, useRef, useState, type RefObject } from 'react';
import { getAll } from '../api/client.ts';
import { useBars } from '../api/history.ts';
import type { Told } from '../api/feed.ts';
import { loadPart } from '../api/part.ts';
import { regionVotes } from '../api/region-votes.ts';
import { useNamed, useRegions } from '../api/regions.ts';
import { useRead } from '../api/resource.ts';
import {
  countStates,
  groupsOf,
  inOrder,
  matches,
  readFilters,
  stateOf,
  targetOf,
  type Filters,
} from '../model/filters.ts';
import type { Bars, RangeName } from '../model/bars.ts';
import { headlineOf } from '../model/headline.ts';
import { duration, plural } from '../model/words.ts';
import { Link, useQuery } from '../navigation.tsx';
import { Empty, Fault, Loading, PageHead } from '../parts/basics.tsx';
import { Boundary } from '../parts/boundary.tsx';
import { Icon } from '../parts/icon.tsx';
import { Mark, Verdictly } from '../parts/mark.tsx';
import { BarLegend, TimeAxis, TimeBars } from '../parts/time-bars.tsx';
import { Ago } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { useMay } from '../session.tsx';
import { FilterBar } from './overview-filters.tsx';
import { FirstMonitor } from './first-monitor.tsx';

/** The world weighs more than all else on the page, and comes after it. */
const OverviewMap = lazy(async () => ({
  default: (await loadPart(() => import('./overview-map.tsx'))).OverviewMap,
}));

/** Votes alone change no list; what they lead to does. */
const changesList = ({ type }: Told): boolean => type !== 'vote.cast';

export function OverviewPage() {
  const filters = readFilters(useQuery());
  const mayWrite = useMay('monitors:write');
  const monitors = useRead<MonitorResource[]>(
    'monitors',
    (signal) => getAll<MonitorResource>('/v1/monitors', 2_000, signal),
    { everyMs: 10_000, on: changesList },
  );
  const regions = useRegions();
  if (monitors.data === null) {
    return monitors.error === null ? (
      <Loading what="monitors" />
    ) : (
      <Fault error={monitors.error} retry={monitors.reload} />
    );
  }
  if (monitors.data.length === 0) return <FirstMonitor regions={regions} />;
  const shown = inOrder(monitors.data.filter((monitor) => matches(monitor, filters)));
  return (
    <>
      <PageHead
        title={<Headline monitors={monitors.data} />}
        lead={<Underline monitors={monitors.data} regions={regions} />}
        actions={
          mayWrite && (
            <Link to={paths.newMonitor} className="button primary">
              <Icon name="plus" /> Add a monitor
            </Link>
          )
        }
      />
      {monitors.error !== null && <Fault error={monitors.error} retry={monitors.reload} />}
      <FilterBar
        filters={filters}
        counts={countStates(monitors.data)}
        groups={groupsOf(monitors.data)}
      />
      {regions.length > 0 && (
        <Boundary>
          <Suspense fallback={<div className="map-card waiting" />}>
            <OverviewMap regions={regions} monitors={new Set(shown.map(({ id }) => id))} />
          </Suspense>
        </Boundary>
      )}
      <MonitorList monitors={shown} filters={filters} regions={regions} />
    </>
  );
}

function Headline({ monitors }: { readonly monitors: readonly MonitorResource[] }) {
  const { tone, words } = headlineOf(countStates(monitors));
  return (
    <>
      <Mark tone={tone} size={24} label="" /> {words}
    </>
  );
}

interface UnderlineProps {
  readonly monitors: readonly MonitorResource[];
  readonly regions: readonly RegionResource[];
}

function Underline({ monitors, regions }: UnderlineProps) {
  const open = monitors.filter(({ openIncident }) => openIncident !== null).length;
  const alive = regions.filter((region) => region.alive > 0).length;
  return (
    <p>
      {plural(monitors.length, 'monitor')}
      {' · '}
      <Link to={`${paths.incidents}?state=open`}>{plural(open, 'open incident')}</Link>
      {regions.length > 0 && (
        <>
          {' · '}
          <Link to={paths.regions}>
            {alive} of {plural(regions.length, 'region')} voting
          </Link>
        </>
      )}
    </p>
  );
}

interface ListProps {
  readonly monitors: readonly MonitorResource[];
  readonly filters: Filters;
  readonly regions: readonly RegionResource[];
}

function MonitorList({ monitors, filters, regions }: ListProps) {
  if (monitors.length === 0) {
    return (
      <Empty>
        No monitor is like that. <Link to={paths.overview}>Show all</Link>
      </Empty>
    );
  }
  return (
    <>
      <ul className="monitors">
        {monitors.map((monitor) => (
          <MonitorRow key={monitor.id} monitor={monitor} filters={filters} regions={regions} />
        ))}
      </ul>
      <BarLegend />
    </>
  );
}

interface RowProps {
  readonly monitor: MonitorResource;
  readonly filters: Filters;
  readonly regions: readonly RegionResource[];
}

function MonitorRow({ monitor, filters, regions }: RowProps) {
  const asked = useNamed(monitor.regions, regions);
  const row = useRef<HTMLLIElement>(null);
  const isSeen = useSeen(row);
  const { grid, bars, history } = useBars(monitor, filters.range, { isWanted: isSeen, asked });
  useVotesOf(monitor.id, bars, filters.range);
  const state = stateOf(monitor);
  const label = monitor.name;
  return (
    <li ref={row} className={`monitor-row tone-${state}`}>
      <div className="who">
        <Mark tone={state} />
        <div>
          <Link to={paths.monitor(monitor.id)} className="name">
            {monitor.name}
          </Link>
          <p className="target">{targetOf(monitor.check)}</p>
        </div>
      </div>
      <div className="bars">
        <TimeBars label={`${label}, quorum`} cells={bars.quorum} />
        {bars.regions.map(({ region, cells }) => (
          <TimeBars key={region} label={`${label}, ${region}`} cells={cells} size="strip" />
        ))}
        <TimeAxis {...grid} />
      </div>
      <div className="what">
        <Verdictly tone={state} />
        <p className="muted">
          {monitor.lastRoundAt === null ? 'no round yet' : <Ago at={monitor.lastRoundAt} />}
          {history !== null && bars.measuredMs < (grid.toMs - grid.fromMs) * 0.8 && (
            <> · {basisOf(bars.measuredMs)}</>
          )}
        </p>
        <Notes monitor={monitor} />
      </div>
    </li>
  );
}

/** Who has just come knows at once what each region saw last; what it votes from then on is told live. */
function useVotesOf(id: string, { regions }: Bars, range: RangeName): void {
  useEffect(() => {
    // Only cells of a minute are new enough to be called what it sees now.
    if (range !== '1h') return;
    for (const { region, cells } of regions) {
      const { state = null, atMs = 0 } =
        cells.slice(-RECENT_CELLS).findLast((cell) => cell.state !== null) ?? {};
      if (state !== null) regionVotes.note(region, id, { state, atMs });
    }
  }, [id, regions, range]);
}

const RECENT_CELLS = 10;

const basisOf = (ms: number): string =>
  ms === 0 ? 'nothing rolled up yet' : `measured over ${duration(ms)}`;

function Notes({ monitor }: { readonly monitor: MonitorResource }) {
  const { openIncident, inMaintenance, unconfirmed, flapping, openAnomalies } = monitor;
  return (
    <p className="tags">
      {openIncident !== null && (
        <Link to={paths.incident(openIncident)} className="tag alarming">
          incident
        </Link>
      )}
      {inMaintenance !== null && <span className="tag">maintenance</span>}
      {flapping !== null && <span className="tag">flapping</span>}
      {openAnomalies.length > 0 && <span className="tag">unusual</span>}
      {unconfirmed && (
        <span className="tag" title="One voting group alone decides: nobody confirms what it says.">
          unconfirmed
        </span>
      )}
    </p>
  );
}

/** Histories are read for what is on the screen, or nearly so, and as long as it is. */
function useSeen(element: RefObject<Element | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new IntersectionObserver(
      (entries) => setSeen(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: '300px' },
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return isSeen;
}
