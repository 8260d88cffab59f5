/** A step in the making. It is born and dies inside `step`; the states it holds never change. */
import type { Effect, MonitorState } from './types.ts';

export interface Draft {
  state: MonitorState;
  readonly effects: Effect[];
  /** Since when no incident opens without one more round; null while they open as ever. */
  readonly heldSince: number | null;
}

export function change(draft: Draft, fields: Partial<MonitorState>): void {
  draft.state = { ...draft.state, ...fields };
}

export function emit(draft: Draft, effect: Effect): void {
  draft.effects.push(effect);
}
