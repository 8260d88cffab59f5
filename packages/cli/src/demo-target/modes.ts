/** How the demo target can behave. */

export const DEMO_MODES = ['ok', 'broken', 'closed', 'slow', 'wrong'] as const;

export type DemoMode = (typeof DEMO_MODES)[number];

/** Ends the sentence "The demo target ...". */
export const BEHAVIOUR: Readonly<Record<DemoMode, string>> = {
  ok: 'answers as it should',
  broken: 'answers 503 Service Unavailable',
  closed: 'refuses connections',
  slow: 'answers later than its monitor waits',
  wrong: 'answers 200 OK with wrong data',
};

export function isDemoMode(value: unknown): value is DemoMode {
  return DEMO_MODES.some((mode) => mode === value);
}
