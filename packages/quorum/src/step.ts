import type { EngineConfig, EngineEvent, MonitorState, Stepped } from './types.ts';

export function initialState(revision: number, config: EngineConfig): MonitorState {
  throw new Error(`not built yet: ${revision} ${config.mode}`);
}
export function step(state: MonitorState, event: EngineEvent): Stepped {
  throw new Error(`not built yet: ${state.revision} ${event.type}`);
}
export function nextWake(state: MonitorState): number | null {
  return state.wantsRoundAt;
}
export function suspend(state: MonitorState): MonitorState {
  return state;
}
