/** Where the votes come from: each region as a mark that changes with what it sees, and the same as a list. */
import type { RegionResource } from '@trustmonitor/protocol';
import { useEffect, useRef, useState, type CSSProperties, type RefObject } from 'react';
import { useRegionVotes } from '../api/region-votes.ts';
import { spread, stateOfRegion, type Point, type RegionState } from '../model/region-votes.ts';
import { roughly } from '../model/words.ts';
import { Link } from '../navigation.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { useNow } from '../parts/time.tsx';
import { HEIGHT, WIDTH, WorldMap, pointOf } from '../parts/world-map.tsx';
import { paths } from '../routes.ts';

const MARK_PX = 18;

interface MapProps {
  readonly regions: readonly RegionResource[];
  /** Ids of the monitors that are listed. */
  readonly monitors: ReadonlySet<string>;
}

interface Shown extends Omit<RegionState, 'tone'> {
  readonly tone: Tone;
  readonly region: RegionResource;
}

export function OverviewMap({ regions, monitors }: MapProps) {
  const votes = useRegionVotes();
  const [pointed, setPointed] = useState<string | null>(null);
  const shown = regions.map((region): Shown => {
    const state = stateOfRegion(votes, region.region, monitors);
    return { ...state, region, tone: toneOf(region, state.tone) };
  });
  const placed = shown.filter(({ region }) => region.location !== null);
  const elsewhere = shown.filter(({ region }) => region.location === null);
  return (
    <section className="map-card" aria-label="Regions">
      <Marks placed={placed} pointed={pointed} />
      <div className="map-list">
        <RegionList shown={placed} onPoint={setPointed} />
        {elsewhere.length > 0 && (
          <>
            <h2>Not on the map</h2>
            <RegionList shown={elsewhere} onPoint={setPointed} />
            <p className="muted">
              Their names do not say where they are. <Link to={paths.regions}>Say it</Link>
            </p>
          </>
        )}
      </div>
    </section>
  );
}

/** What a region that nobody speaks for saw last is no news of it. */
function toneOf({ alive, quarantine, drain }: RegionResource, seen: Tone): Tone {
  if (drain !== null) return 'paused';
  return alive === 0 || quarantine !== null ? 'unknown' : seen;
}

interface MarksProps {
  readonly placed: readonly Shown[];
  readonly pointed: string | null;
}

function Marks({ placed, pointed }: MarksProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const scale = width / WIDTH;
  const truly = placed.map(({ region }) => pointOf(region.location ?? NOWHERE));
  const onScreen = truly.map(({ x, y }): Point => ({ x: x * scale, y: y * scale }));
  const points = spread(onScreen, MARK_PX);
  const label = `World map with ${placed.length} regions; the list beside it says the same.`;
  return (
    <div className="map" ref={frame}>
      <WorldMap label={label}>
        {truly.map(({ x, y }, i) => (
          <circle key={placed[i]?.region.region} cx={x} cy={y} r={2.5} className="spot" />
        ))}
      </WorldMap>
      {width > 0 &&
        placed.map(({ region, tone, lastMs }, i) => (
          <span
            key={region.region}
            className={`map-mark tone-${tone}${pointed === region.region ? ' pointed' : ''}`}
            data-map-region={region.region}
            style={placeOf(points[i] ?? { x: 0, y: 0 }, width)}
            title={`${region.region}: ${tone}`}
            aria-hidden="true"
          >
            {lastMs !== null && <i key={lastMs} className="pulse" />}
            <Mark tone={tone} label="" size={MARK_PX - 2} />
          </span>
        ))}
    </div>
  );
}

const NOWHERE = { latitude: 0, longitude: 0 };

/** In shares of the map, so that a frame that is redrawn late does not show them beside their places. */
function placeOf({ x, y }: Point, width: number): CSSProperties {
  const height = (width * HEIGHT) / WIDTH;
  return { left: `${(x / width) * 100}%`, top: `${(y / height) * 100}%` };
}

/** In pixels; 0 before it is known. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

interface ListProps {
  readonly shown: readonly Shown[];
  readonly onPoint: (region: string | null) => void;
}

function RegionList({ shown, onPoint }: ListProps) {
  const nowMs = useNow();
  return (
    <ul>
      {shown.map(({ region, tone, ...state }) => (
        <li
          key={region.region}
          data-region={region.region}
          className={`tone-${tone}`}
          onMouseEnter={() => onPoint(region.region)}
          onMouseLeave={() => onPoint(null)}
          onFocus={() => onPoint(region.region)}
          onBlur={() => onPoint(null)}
        >
          <Mark tone={tone} label={tone === 'pending' ? 'no vote yet' : tone} size={14} />
          <Link to={paths.regions} className="grow">
            {region.region}
          </Link>
          <span className="muted">{wordsOf(region, state, nowMs)}</span>
        </li>
      ))}
    </ul>
  );
}

function wordsOf(
  { alive, quarantine, drain }: RegionResource,
  { up, voted, lastMs }: Omit<RegionState, 'tone'>,
  nowMs: number,
): string {
  if (drain !== null) return 'drained';
  if (quarantine !== null) return 'in quarantine';
  if (alive === 0) return 'no agent alive';
  if (lastMs === null) return 'no vote yet';
  return `${up} of ${voted} up · ${roughly(nowMs - lastMs)} ago`;
}
