/** How the demo target can behave, and towards whom. */

export const DEMO_MODES = ['ok', 'broken', 'closed', 'slow', 'wrong'] as const;

export type DemoMode = (typeof DEMO_MODES)[number];

export interface DemoState {
  readonly mode: DemoMode;
  /** Only agents of these regions meet the mode; everybody does when the list is empty. */
  readonly regions: readonly string[];
}

export const WELL: DemoState = { mode: 'ok', regions: [] };

/** Ends the sentence "The demo target ...". */
const BEHAVIOUR: Readonly<Record<DemoMode, string>> = {
  ok: 'answers as it should',
  broken: 'answers 503 Service Unavailable',
  closed: 'refuses connections',
  slow: 'answers later than its monitor waits',
  wrong: 'answers 200 OK with wrong data',
};

export function describeState({ mode, regions }: DemoState): string {
  const whom = regions.length === 0 ? '' : ` to agents in ${regions.join(', ')} only`;
  return BEHAVIOUR[mode] + whom;
}

/** Agents say in their user agent which region they probe from. */
export function modeFor({ mode, regions }: DemoState, userAgent: string | undefined): DemoMode {
  if (regions.length === 0) return mode;
  const region = /\(region ([a-z0-9-]+)\)/.exec(userAgent ?? '')?.[1];
  return region !== undefined && regions.includes(region) ? mode : 'ok';
}

/** Null for what is no state, and for a port closed to some: a port is closed to everybody. */
export function parseState(text: string): DemoState | null {
  try {
    const { mode, regions } = JSON.parse(text) as { mode?: unknown; regions?: unknown };
    const known = DEMO_MODES.find((one) => one === mode);
    if (known === undefined || !Array.isArray(regions)) return null;
    if (known === 'closed' && regions.length > 0) return null;
    return regions.every((region) => typeof region === 'string') ? { mode: known, regions } : null;
  } catch {
    return null;
  }
}
