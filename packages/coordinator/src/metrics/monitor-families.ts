/** What this coordinator has decided of the monitors that it watches. */
import type { Verdict } from '@trustmonitor/protocol';
import type { Watched } from '../watch-list.ts';
import type { Family } from './exposition.ts';
import { gauge } from './loop-families.ts';

/** `shown` are those of `all` that have series of their own. */
export function monitorFamilies(all: readonly Watched[], shown: readonly Watched[]): Family[] {
  const byVerdict = { up: 0, degraded: 0, partial: 0, down: 0, unknown: 0, pending: 0 };
  for (const watched of all) byVerdict[verdictOf(watched)] += 1;
  return [
    {
      name: 'trustmonitor_monitors',
      type: 'gauge',
      help: 'Monitors that are watched here, by verdict.',
      samples: Object.entries(byVerdict).map(([verdict, value]) => ({
        labels: { verdict },
        value,
      })),
    },
    gauge(
      'trustmonitor_metrics_monitors_omitted',
      'Monitors without series of their own, because TM_METRICS_MONITORS have them.',
      all.length - shown.length,
    ),
    {
      name: 'trustmonitor_monitor_verdict_info',
      type: 'gauge',
      help: 'The confirmed verdict of each monitor, in the label.',
      samples: shown.map((watched) => ({
        labels: { monitor: watched.definition.id, verdict: verdictOf(watched) },
        value: 1,
      })),
    },
  ];
}

/** `pending` before the first. */
function verdictOf({ state }: Watched): Verdict | 'pending' {
  return state.verdict ?? 'pending';
}
