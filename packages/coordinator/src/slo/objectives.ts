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
  const own = objectivesOf(asked, []);
  if (slos.length === 0) return own;
  const ids = new Set(monitors);
  const others = (await readFleet()).filter(({ id }) => !ids.has(id));
  const common = objectivesOf([...asked, ...others], slos).filter(
    ({ monitor }) => monitor === null,
  );
  return [...own, ...common].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function objectivesOf(
  monitors: readonly LevelledMonitor[],
  slos: readonly StoredSlo[],
): Objective[] {
  const own = monitors.flatMap(({ level, ...monitor }) =>
    level === null ? [] : [ownObjective({ level, ...monitor }, level)],
  );
  const others = slos.map(({ definition, owner }): Objective => ({
    ...definition,
    owner,
    monitor: null,
    members: monitors.filter((monitor) => isSelected(monitor, definition.selector)),
  }));
  return [...own, ...others].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function ownObjective(monitor: LevelledMonitor, level: ServiceLevel): Objective {
  const { id, name, alerts, owner } = monitor;
  return {
    ...{ id: ownSloId(id), name, monitor: id, selector: null, level, alerts, owner },
    members: [monitor],
  };
}
