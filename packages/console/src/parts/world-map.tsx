/** Land and water, and where on them a place is. With its data a part of its own, loaded by who shows it. */
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { ReactNode } from 'react';
import world from 'world-atlas/land-110m.json' with { type: 'json' };
import type { Point } from '../model/region-votes.ts';

export const WIDTH = 760;
export const HEIGHT = 340;

type Topology = Parameters<typeof feature>[0];

/** From Cape Horn to the north of Greenland: nothing is monitored from the ice. */
const SHOWN = {
  type: 'MultiPoint' as const,
  coordinates: [
    [-168, 0],
    [178, 0],
    [0, -55],
    [0, 77],
  ],
};

const projection = geoNaturalEarth1()
  .rotate([-11, 0])
  .fitExtent(
    [
      [0, 0],
      [WIDTH, HEIGHT],
    ],
    SHOWN,
  )
  .clipExtent([
    [0, 0],
    [WIDTH, HEIGHT],
  ]);
const topology = world as unknown as Topology;
const LAND = geoPath(projection).digits(1)(feature(topology, world.objects.land as never)) ?? '';

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** In the map's own measure, `WIDTH` by `HEIGHT`. */
export function pointOf({ latitude, longitude }: Place): Point {
  const [x = 0, y = 0] = projection([longitude, latitude]) ?? [];
  return { x, y };
}

interface WorldMapProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** `children` are drawn on top, in the map's own measure. */
export function WorldMap({ label, children }: WorldMapProps) {
  return (
    <svg className="world" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path d={LAND} className="land" />
      {children}
    </svg>
  );
}
