/** In a file without schemas, so that a page can load the names alone. */
import type { LiveEvent } from './events.ts';

export const LIVE_EVENT_TYPES = [
  'vote.cast',
  'verdict.changed',
  'incident.opened',
  'incident.updated',
  'incident.resolved',
  'agent.lost',
  'agent.flagged',
  'agent.cleared',
  'monitor.flapping',
  'monitor.settled',
  'region.quarantined',
  'region.released',
  'region.drained',
  'region.undrained',
  'agent.drained',
  'agent.undrained',
  'monitor.anomalous',
  'monitor.normal',
] as const satisfies readonly LiveEvent['type'][];
