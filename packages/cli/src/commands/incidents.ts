/** `trustmonitor incidents` and `trustmonitor incidents show ID` */
import { Command } from 'commander';
import type { IncidentDetail, IncidentResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Fact } from '../output/facts.ts';
import type { Column } from '../output/table.ts';
import { positiveInteger, withApiData, type JsonOption } from './options.ts';

interface ListOptions extends ApiOptions, JsonOption {
  readonly open?: boolean;
  readonly limit: number;
}

export function incidentsCommand(context: Context): Command {
  return withApiData(new Command('incidents'))
    .description('list incidents, newest first')
    .option('--open', 'only those that are open')
    .option('-n, --limit <count>', 'how many', positiveInteger, 50)
    .action(
      action(context, async (options: ListOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        const filter = { state: options.open === true ? ('open' as const) : undefined };
        const incidents = await api.incidents(filter, { limit: options.limit });
        const { terminal } = context;
        if (options.json === true) terminal.json(incidents);
        else if (incidents.length > 0) await printIncidents(incidents, context);
        else terminal.say(options.open === true ? 'No incident is open.' : 'No incidents so far.');
        return undefined;
      }),
    )
    .addCommand(showCommand(context));
}

function showCommand(context: Context): Command {
  return withApiData(new Command('show'))
    .description('show one incident and its signed records')
    .argument('<id>', 'id of the incident, or "latest"')
    .action(
      // The options of the parent command are understood after `show` too.
      action(context, async (id: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApiOptions & JsonOption>();
        const { connectApi } = await import('../api/client.ts');
        const { resolveIncident } = await import('./incident-id.ts');
        const api = await connectApi(options, context.settings);
        const incident = await api.incident(await resolveIncident(api, id));
        if (options.json === true) context.terminal.json(incident);
        else await printIncident(incident, context);
        return undefined;
      }),
    );
}

async function printIncidents(
  incidents: readonly IncidentResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant, lasted } = await import('../output/words.ts');
  const nowMs = Date.now();
  const columns: Column<IncidentResource>[] = [
    { title: 'INCIDENT', cell: ({ id }) => id },
    { title: 'MONITOR', cell: ({ monitor }) => monitor },
    {
      title: 'STATE',
      cell: ({ state, kind }) =>
        state === 'open'
          ? { text: `open: ${kind}`, colour: kind === 'down' ? 'red' : 'yellow' }
          : { text: `resolved: was ${kind}`, colour: 'green' },
    },
    { title: 'OPENED', cell: ({ openedAt }) => instant(openedAt) },
    {
      title: 'LASTED',
      cell: ({ openedAt, resolvedAt }) => lasted(openedAt, resolvedAt, nowMs),
      align: 'right',
    },
    {
      title: 'SEEN BY',
      cell: ({ regionsDown, regions }) => `${regionsDown.length} of ${regions.length}`,
    },
    { title: 'REASON', cell: ({ reason }) => reason },
  ];
  terminal.print(renderTable(incidents, columns, terminal.paint));
}

async function printIncident(incident: IncidentDetail, context: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { renderFacts } = await import('../output/facts.ts');
  const { instant, lasted, regions } = await import('../output/words.ts');
  const { terminal, settings } = context;
  const { id, kind, regionsDown, openedAt, resolvedAt } = incident;
  const isOpen = incident.state === 'open';
  const span = lasted(openedAt, resolvedAt, Date.now());
  const facts: Fact[] = [
    { name: 'Incident', text: id },
    { name: 'Monitor', text: `${incident.monitorName} (${incident.monitor})` },
    { name: 'Target', text: incident.target },
    { name: 'State', text: isOpen ? 'open' : 'resolved', colour: isOpen ? 'red' : 'green' },
    { name: 'Verdict', text: `${kind}: ${incident.reason}` },
    {
      name: 'Seen by',
      text: `${regionsDown.length} of ${regions(incident.regions.length)}: ${regionsDown.join(', ')}`,
    },
    { name: 'Opened', text: instant(openedAt) },
    {
      name: 'Resolved',
      text: isOpen ? `not yet, for ${span}` : `${instant(resolvedAt)}, ${span} later`,
    },
  ];
  const records: Column<IncidentDetail['records'][number]>[] = [
    { title: 'SIGNED RECORD', cell: ({ step }) => step },
    { title: 'AT', cell: ({ recordedAt }) => instant(recordedAt) },
    { title: 'SHA-256', cell: ({ digest }) => digest },
  ];
  terminal.print(renderFacts(facts, terminal.paint));
  terminal.print('');
  terminal.print(renderTable(incident.records, records, terminal.paint));
  terminal.say(`\nTake the proof with: ${settings.commandName} evidence ${id} > bundle.json`);
}
