/** A run, as plain data: who takes part, what the targets do, and what goes wrong. */
import type { MonitorInput } from '@trustmonitor/protocol';
import type { RegionNoise } from '../model/region.ts';
import type { Weather } from '../model/network.ts';
import type { Spell } from '../model/target.ts';
import type { Fault } from './faults.ts';

export interface PlannedMonitor {
  readonly input: MonitorInput;
  /** Times in milliseconds after the run begins. */
  readonly spells: readonly Spell[];
  /** Whether the target says nothing while it is down, or refuses at once. */
  readonly isSilentWhenDown: boolean;
}

export interface Plan {
  /** Each is a voting group of its own. */
  readonly regions: number;
  readonly agentsPerRegion: number;
  readonly coordinators: number;
  readonly monitors: readonly PlannedMonitor[];
  readonly weather: Weather;
  readonly noise: RegionNoise;
  readonly faults: readonly Fault[];
  readonly durationMs: number;
  /** Whether the end is long enough after the last fault for everything to be steady. */
  readonly endsSteady: boolean;
  /** Whether nothing goes wrong but the targets: then the detection bound holds. */
  readonly isHealthy: boolean;
}
