/** The objectives that there are: of monitors, by their definitions, and of several, by selectors. */
import {
  isSelected,
  type OwnerName,
  type Selector,
  type ServiceLevel,
  type Slo,
  type SloId,
} from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import {
  selectLevelledMonitors,
  selectSlos,
  type LevelledMonitor,
  type StoredSlo,
} from '../store/slos.ts';

export interface Objective {
  readonly id: SloId;
  readonly name: string;
  /** The one monitor that it belongs to; null for one about several. */
  readonly monitor: string | null;
  readonly selector: Selector | null;
  readonly level: ServiceLevel;
  readonly alerts: Slo['alerts'];
  readonly owner: OwnerName | null;
  /** What it is about now. */
  readonly members: readonly LevelledMonitor[];
}

/** All that is given must fit; `{}` is all there are. */
export interface SloSelection {
  readonly id?: SloId;
  /** Its own objective, and those about several that it is one of. */
  readonly monitor?: string;
}

const OWN = 'monitor:';

const ownSloId = (monitor: string): SloId => OWN + monitor;

/** In order of id. */
export async function loadObjectives(db: Queryable, selection: SloSelection): Promise<Objective[]> {
  const { id, monitor } = selection;
  const isOwn = id?.startsWith(OWN) === true;
  const monitors = await selectLevelledMonitors(db, isOwn ? [id.slice(OWN.length)] : null);
  const slos = isOwn ? [] : await selectSlos(db);
  return objectivesOf(monitors, slos).filter(
    (objective) =>
      (id === undefined || objective.id === id) &&
      (monitor === undefined || objective.members.some((member) => member.id === monitor)),
  );
}

/**
 * Those that are about any of these monitors. The whole fleet is read only where one of them is about
 * several.
 */
export async function objectivesAbout(
  db: Queryable,
  monitors: readonly string[],
  readFleet: () => Promise<readonly LevelledMonitor[]>,
): Promise<Objective[]> {
  const asked = await selectLevelledMonitors(db, monitors);
  const slos = (await selectSlos(db)).filter(({ definition: { selector } }) =>
    asked.some((monitor) => isSelected(monitor, selector)),
  );
  const own = ownObjectives(asked);
  if (slos.length === 0) return own.toSorted(byId);
  const ids = new Set(monitors);
  const others = (await readFleet()).filter(({ id }) => !ids.has(id));
  return [...own, ...commonObjectives([...asked, ...others], slos)].toSorted(byId);
}

/** All of them, in order of id. */
export function objectivesOf(
  monitors: readonly LevelledMonitor[],
  slos: readonly StoredSlo[],
): Objective[] {
  return [...ownObjectives(monitors), ...commonObjectives(monitors, slos)].toSorted(byId);
}

const byId = (a: Objective, b: Objective): number => (a.id < b.id ? -1 : 1);

function ownObjectives(monitors: readonly LevelledMonitor[]): Objective[] {
  return monitors.flatMap((monitor) => {
    const { id, name, level, alerts, owner } = monitor;
    if (level === null) return [];
    const own = { id: ownSloId(id), name, monitor: id, selector: null, level, alerts, owner };
    return [{ ...own, members: [monitor] }];
  });
}

function commonObjectives(
  monitors: readonly LevelledMonitor[],
  slos: readonly StoredSlo[],
): Objective[] {
  return slos.map(({ definition, owner }) => ({
    ...definition,
    owner,
    monitor: null,
    members: monitors.filter((monitor) => isSelected(monitor, definition.selector)),
  }));
}
