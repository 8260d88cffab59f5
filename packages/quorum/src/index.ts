export { decideRound } from './tally.ts';
export { wouldOpen } from './settle.ts';
export { initialState, nextWake, step, suspend } from './step.ts';
export { replay } from './replay.ts';
export type {
  ClosedRound,
  CountedVote,
  Effect,
  EngineConfig,
  EngineEvent,
  Grey,
  IncidentStep,
  MonitorState,
  OpenIncident,
  OpenRound,
  Phase,
  RefusalReason,
  ReplayClaim,
  ReplayRound,
  Replayed,
  Standing,
  Stepped,
  Streak,
  UnknownEpisode,
} from './types.ts';
