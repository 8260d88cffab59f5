/** An uptime report in the words of a person. */
import { formatDuration, formatPercent, type UptimeStatement } from '@trustmonitor/protocol';
import type { Fact } from '../output/facts.ts';
import { instant, plural } from '../output/words.ts';

export function uptimeFacts({ subject, predicate }: UptimeStatement): Fact[] {
  const { network, monitor, from, to, time, figure, incidents } = predicate;
  return [
    { name: 'Monitor', text: monitor },
    { name: 'Network', text: network },
    { name: 'Target', text: subject.map(({ name }) => name).join(', ') },
    { name: 'From', text: instant(from) },
    { name: 'To', text: instant(to) },
    { name: 'Uptime', text: `${formatPercent(figure.availabilityPpm)}, rounded down` },
    { name: 'Down', text: `${lasting(time.downMs)} in ${plural(incidents.length, 'incident')}` },
    { name: 'Partial', text: lasting(time.partialMs) },
    { name: 'Degraded', text: lasting(time.degradedMs) },
    { name: 'Unconfirmed', text: lasting(time.unconfirmedDownMs) },
    { name: 'Unknown', text: `${lasting(time.unknownMs)}, not counted` },
    { name: 'Not measured', text: `${lasting(time.unmeasuredMs)}, not counted` },
    { name: 'Maintenance', text: `${lasting(time.maintenanceMs ?? 0)}, not counted` },
  ];
}

const lasting = (ms: number): string => (ms === 0 ? 'none' : formatDuration(ms));
