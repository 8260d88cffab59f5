/** How objectives stand, for whoever keeps numbers: the same whichever coordinator is asked. */
import { formatDuration, type SliStatus, type SloResource } from '@trustmonitor/protocol';
import type { Family, Sample } from './exposition.ts';

export function sloFamilies(slos: readonly SloResource[]): Family[] {
  const all = slos.flatMap(({ id, indicators }) =>
    indicators.map((status) => ({ status, labels: { slo: id, sli: status.sli } })),
  );
  const gauge = (name: string, help: string, of: (status: SliStatus) => number | null): Family => ({
    ...{ name: `trustmonitor_slo_${name}`, type: 'gauge', help },
    samples: all.flatMap(({ status, labels }): Sample[] => {
      const value = of(status);
      return value === null ? [] : [{ labels, value }];
    }),
  });
  if (all.length === 0) return [];
  return [
    gauge('objective_ratio', 'What was promised, from 0 to 1.', ({ target }) => target / 100),
    gauge(
      'indicator_ratio',
      'Good by valid in the window of the objective; absent where nothing was measured.',
      ({ ratio }) => ratio,
    ),
    gauge(
      'error_budget_remaining_ratio',
      'Of the error budget: 1 untouched, 0 spent, below 0 overspent.',
      ({ budget }) => budget.leftRatio,
    ),
    {
      name: 'trustmonitor_slo_burn_rate',
      type: 'gauge',
      help: 'How fast the error budget goes; 1 spends it in exactly the window of the objective.',
      samples: all.flatMap(({ status, labels }) => burnsOf(status, labels)),
    },
  ];
}

function burnsOf({ burn }: SliStatus, labels: Record<string, string>): Sample[] {
  const rates = new Map(
    burn.flatMap(({ longMs, longRate, shortMs, shortRate }) => [
      [shortMs, shortRate] as const,
      [longMs, longRate] as const,
    ]),
  );
  return [...rates].flatMap(([ms, value]): Sample[] =>
    value === null ? [] : [{ labels: { ...labels, window: formatDuration(ms) }, value }],
  );
}
