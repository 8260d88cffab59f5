/** The checkpoint of the log that this browser saw and holds the log to, by network. */
export interface SeenCheckpoint {
  /** The signed note. */
  readonly note: string;
  /** RFC 3339. */
  readonly seenAt: string;
}

const keyOf = (network: string): string => `seen-checkpoint:${network}`;

/** Null where there is none, or none that can be read. */
export function seenCheckpoint(network: string): SeenCheckpoint | null {
  try {
    const seen = JSON.parse(window.localStorage.getItem(keyOf(network)) ?? 'null') as unknown;
    if (typeof seen !== 'object' || seen === null) return null;
    const { note, seenAt } = seen as Partial<SeenCheckpoint>;
    return typeof note === 'string' && typeof seenAt === 'string' ? { note, seenAt } : null;
  } catch {
    return null;
  }
}

export function rememberCheckpoint(network: string, note: string): void {
  const seen: SeenCheckpoint = { note, seenAt: new Date().toISOString() };
  window.localStorage.setItem(keyOf(network), JSON.stringify(seen));
}
