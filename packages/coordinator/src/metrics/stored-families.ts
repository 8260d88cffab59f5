/** What the database says: the same whichever coordinator is asked. */
import { NOTICE_TOPICS } from '@trustmonitor/protocol';
import type { StoredGauges } from '../store/gauges.ts';
import type { Family } from './exposition.ts';
import { gauge } from './loop-families.ts';

export function storedFamilies(stored: StoredGauges, isLogged: boolean): Family[] {
  return [
    gauge('trustmonitor_incidents_open', 'Incidents that are open.', stored.openIncidents),
    gauge(
      'trustmonitor_outbox_waiting',
      'Messages that are neither delivered nor given up.',
      stored.outboxWaiting,
    ),
    gauge(
      'trustmonitor_outbox_oldest_seconds',
      'Age of the oldest message that waits; 0 when none does.',
      stored.outboxOldestSeconds,
    ),
    {
      name: 'trustmonitor_notices_open',
      type: 'gauge',
      help: 'Parts of the monitoring itself that fail, by topic; see /v1/notices.',
      samples: NOTICE_TOPICS.map((topic) => ({
        labels: { topic },
        value: stored.notices[topic] ?? 0,
      })),
    },
    ...(isLogged ? logFamilies(stored) : []),
  ];
}

function logFamilies({ logSize, checkpoint }: StoredGauges): Family[] {
  const size = gauge('trustmonitor_log_size', 'Leaves of the transparency log.', logSize);
  if (checkpoint === null) return [size];
  return [
    size,
    gauge(
      'trustmonitor_checkpoint_size',
      'Leaves under the newest cosigned checkpoint.',
      checkpoint.size,
    ),
    gauge(
      'trustmonitor_checkpoint_age_seconds',
      'Age of the newest cosigned checkpoint.',
      checkpoint.ageSeconds,
    ),
  ];
}
