/** `trustmonitor deployments [list|add]` */
import { Command, Option } from 'commander';
import type { DeploymentInput, DeploymentResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { positiveInteger, withApiData, type JsonOption } from './options.ts';

const OUTCOMES = ['succeeded', 'failed', 'rolled_back'] as const;

export function deploymentsCommand(context: Context): Command {
  const deployments = new Command('deployments').description('tell of deployments, and list them');
  deployments.addCommand(listCommand(context), { isDefault: true });
  deployments.addCommand(addCommand(context));
  return deployments;
}

interface AddOptions extends ApiOptions, JsonOption {
  readonly service: string;
  readonly release: string;
  readonly committed?: string;
  readonly deployed?: string;
  readonly outcome: (typeof OUTCOMES)[number];
}

function addCommand(context: Context): Command {
  return withApiData(new Command('add'))
    .description('tell of a deployment; it is never changed afterwards')
    .requiredOption('-s, --service <name>', 'what was deployed')
    .requiredOption('-r, --release <version>', 'which version of it')
    .option('--committed <time>', 'when the change was committed: $(git show -s --format=%cI)')
    .option('--deployed <time>', 'when it was in service (now)')
    .addOption(
      new Option('--outcome <outcome>', 'how it ended').choices(OUTCOMES).default('succeeded'),
    )
    .action(
      action(context, async (options: AddOptions) => {
        const { service, release, committed, deployed, outcome } = options;
        const body: DeploymentInput = {
          ...{ service, version: release, outcome },
          ...(committed === undefined ? {} : { committedAt: committed }),
          ...(deployed === undefined ? {} : { deployedAt: deployed }),
        };
        const { connectApi } = await import('../api/client.ts');
        const added = await (
          await connectApi(options, context.settings)
        ).releases.addDeployment(body);
        if (options.json === true) context.terminal.json(added);
        else context.terminal.print(`${added.service} ${added.version} ${words(added.outcome)}.`);
        return undefined;
      }),
    );
}

interface ListOptions extends ApiOptions, JsonOption {
  readonly service?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list deployments; what was told last comes first')
    .option('-s, --service <name>', 'only of this service')
    .option('--from <time>', 'deployed at this time or later: a day, or a time in UTC')
    .option('--to <time>', 'deployed before it')
    .option('-n, --limit <count>', 'at most so many', positiveInteger, 20)
    .action(
      action(context, async (options: ListOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const { periodQuery } = await import('./time-option.ts');
        const { service } = options;
        const filter = { ...(service === undefined ? {} : { service }), ...periodQuery(options) };
        const api = await connectApi(options, context.settings);
        const deployments = await api.releases.deployments(filter, options);
        if (options.json === true) context.terminal.json(deployments);
        else await printDeployments(deployments, context);
        return undefined;
      }),
    );
}

const COLOURS = { succeeded: 'green', failed: 'red', rolled_back: 'yellow' } as const;
const words = (outcome: DeploymentResource['outcome']): string => outcome.replace('_', ' ');

async function printDeployments(
  deployments: readonly DeploymentResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant, lasted } = await import('../output/words.ts');
  const columns: Column<DeploymentResource>[] = [
    { title: 'DEPLOYED', cell: ({ deployedAt }) => instant(deployedAt) },
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'VERSION', cell: ({ version }) => version },
    {
      title: 'OUTCOME',
      cell: ({ outcome }) => ({ text: words(outcome), colour: COLOURS[outcome] }),
    },
    {
      title: 'LEAD TIME',
      align: 'right',
      cell: ({ committedAt, deployedAt }) =>
        committedAt === null ? '-' : lasted(committedAt, deployedAt, 0),
    },
  ];
  terminal.print(renderTable(deployments, columns, terminal.paint));
}
