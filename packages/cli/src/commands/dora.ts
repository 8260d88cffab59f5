/** `trustmonitor dora --service S`: how often, how fast and how well a service is deployed. */
import { Command } from 'commander';
import type { DoraMetrics } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApiData, type JsonOption } from './options.ts';

interface Options extends ApiOptions, JsonOption {
  readonly service: string;
  readonly from?: string;
  readonly to?: string;
  readonly window?: string;
}

export function doraCommand(context: Context): Command {
  return withApiData(new Command('dora'))
    .description('DORA metrics of a service, from its deployments and incidents')
    .requiredOption('-s, --service <name>', 'the service')
    .option('--from <time>', 'a day, or a time in UTC (30 days before the end)')
    .option('--to <time>', 'the period ends before it (now)')
    .option('--window <duration>', 'how long an incident follows a deployment (1h)')
    .action(
      action(context, async (options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { periodQuery } = await import('./time-option.ts');
        const { service, window } = options;
        const api = await connectApi(options, context.settings);
        const metrics = await api.releases.dora({
          ...{ service, ...periodQuery(options) },
          ...(window === undefined ? {} : { window }),
        });
        if (options.json === true) context.terminal.json(metrics);
        else await printMetrics(metrics, context);
        return undefined;
      }),
    );
}

type Measure = DoraMetrics['leadTime' | 'deploymentFrequency' | 'changeFailureRate'];

const ROWS = [
  ['Deployment frequency', 'deploymentFrequency'],
  ['Lead time for changes', 'leadTime'],
  ['Change failure rate', 'changeFailureRate'],
  ['Failed deployment recovery', 'failedDeploymentRecovery'],
  ['Time to restore service', 'timeToRestore'],
] as const;

async function printMetrics(metrics: DoraMetrics, { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant, plural } = await import('../output/words.ts');
  const { service, from, to, monitors, failures } = metrics;
  const rows = ROWS.map(([name, key]) => ({ name, measure: metrics[key] }));
  terminal.print(
    `${service}, ${instant(from)} to ${instant(to)}, ${plural(monitors.length, 'monitor')}\n`,
  );
  terminal.print(
    renderTable(
      rows,
      [
        { title: 'METRIC', cell: ({ name }) => name },
        { title: 'VALUE', align: 'right', cell: ({ measure }) => valueOf(measure) },
        { title: 'N', align: 'right', cell: ({ measure }) => String(measure.n) },
        { title: 'WHAT IT IS', cell: ({ measure }) => measure.reason ?? measure.definition },
      ],
      terminal.paint,
    ),
  );
  if (failures.length === 0) return;
  const columns = [
    { title: 'FAILED DEPLOYMENT', cell: ({ version }: Failure) => version },
    { title: 'DEPLOYED', cell: ({ deployedAt }: Failure) => instant(deployedAt) },
    { title: 'WHY', cell: whyOf },
  ];
  terminal.print(`\n${renderTable(failures, columns, terminal.paint)}`);
}

type Failure = DoraMetrics['failures'][number];

function whyOf({ outcome, incident }: Failure): string {
  const told = outcome === 'succeeded' ? [] : [outcome.replace('_', ' ')];
  const followed = incident === null ? [] : [`followed by incident ${incident}`];
  return [...told, ...followed].join(', ');
}

function valueOf({ value, unit }: Measure | DoraMetrics['leadTime']): string {
  if (value === null) return '-';
  switch (unit) {
    case 'per_day':
      return `${value.toFixed(2)} a day`;
    case 'ratio':
      return `${(value * 100).toFixed(1)} %`;
    case 'ms':
      return hours(value);
  }
}

const MINUTE_MS = 60_000;

/** Two units are enough: nobody plans by the seconds of a day. */
function hours(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  if (minutes < 1) return `${Math.round(ms / 1_000)}s`;
  const [d, h, m] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24, minutes % 60];
  return [`${d}d`, `${h}h`, `${m}m`]
    .filter((part) => !part.startsWith('0'))
    .slice(0, 2)
    .join(' ');
}
