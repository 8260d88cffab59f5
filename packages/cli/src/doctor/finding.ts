/** What a doctor says about one thing: how it is, what was seen, what to do. */

export type Level = 'ok' | 'warn' | 'fail';

export interface Finding {
  readonly name: string;
  readonly level: Level;
  readonly seen: string;
  /** What to do about it; null where all is well. */
  readonly advice: string | null;
}

export function ok(name: string, seen: string): Finding {
  return { name, level: 'ok', seen, advice: null };
}

export function warn(name: string, seen: string, advice: string): Finding {
  return { name, level: 'warn', seen, advice };
}

export function fail(name: string, seen: string, advice: string): Finding {
  return { name, level: 'fail', seen, advice };
}

const ORDER: readonly Level[] = ['ok', 'warn', 'fail'];

/** The worst of them; ok where there are none. */
export function worst(findings: readonly Finding[]): Level {
  return ORDER[Math.max(0, ...findings.map(({ level }) => ORDER.indexOf(level)))] ?? 'ok';
}
