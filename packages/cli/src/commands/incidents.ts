/** `trustmonitor incidents`, and `show`, `ack`, `note` and `resolve` of one of them. */
import { Command } from 'commander';
import type { IncidentAlert, IncidentDetail, IncidentResource } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
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
    .addCommand(showCommand(context))
    .addCommand(ackCommand(context))
    .addCommand(noteCommand(context))
    .addCommand(resolveCommand(context));
}

function showCommand(context: Context): Command {
  return withApiData(new Command('show'))
    .description('show one incident and its signed records')
    .argument('<id>', 'id of the incident, or "latest"')
    .action(
      // The options of the parent command are understood after `show` too.
      action(context, async (id: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApiOptions & JsonOption>();
        const { api, incident: known } = await named(id, options, context);
        const incident = await api.incident(known);
        if (options.json === true) context.terminal.json(incident);
        else await printIncident(incident, context);
        return undefined;
      }),
    );
}

function ackCommand(context: Context): Command {
  return withApiData(new Command('ack'))
    .description('say that somebody has the incident in hand')
    .argument('<id>', 'id of the incident, or "latest"')
    .option('--note <text>', 'what the others should know')
    .action(
      action(context, async (id: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApiOptions & JsonOption & { note?: string }>();
        const { api, incident } = await named(id, options, context);
        const { note } = options;
        const ack = await api.acknowledge(incident, note === undefined ? {} : { note });
        if (options.json === true) context.terminal.json(ack);
        else context.terminal.say(`Incident ${incident} is in the hands of ${ack.actor}.`);
        return undefined;
      }),
    );
}

function noteCommand(context: Context): Command {
  return withApiData(new Command('note'))
    .description('add a note to an incident, for colleagues or for the public')
    .argument('<id>', 'id of the incident, or "latest"')
    .argument('<text>', 'the note')
    .option('--public', 'show it on the status pages of the monitor; it cannot be taken back')
    .action(
      action(context, async (id: string, note: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApiOptions & JsonOption & { public?: boolean }>();
        const { api, incident } = await named(id, options, context);
        const added = await api.addNote(incident, { note, public: options.public === true });
        const where = added.public ? 'and on its public status pages' : 'for those signed in';
        if (options.json === true) context.terminal.json(added);
        else context.terminal.say(`The note is in the timeline of ${incident}, ${where}.`);
        return undefined;
      }),
    );
}

function resolveCommand(context: Context): Command {
  return withApiData(new Command('resolve'))
    .description('resolve an incident by hand, with a signed record that says why')
    .argument('<id>', 'id of the incident, or "latest"')
    .requiredOption('--reason <text>', 'why; outsiders who verify the incident read it')
    .addHelpText(
      'after',
      `
Incidents are resolved by the regions' votes. By hand is for those that no vote
will end: the monitor was disabled or deleted. A monitor that is still watched
and still fails opens another incident as soon as that is confirmed.

Example:
  $ trustmonitor incidents resolve latest --reason "service retired on 1 May"`,
    )
    .action(
      action(context, async (id: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApiOptions & JsonOption & { reason: string }>();
        const { api, incident } = await named(id, options, context);
        const resolved = await api.resolve(incident, options.reason);
        if (options.json === true) context.terminal.json(resolved);
        else context.terminal.say(`Incident ${incident} of ${resolved.monitor} is resolved.`);
        return undefined;
      }),
    );
}

async function named(
  id: string,
  options: ApiOptions,
  { settings }: Context,
): Promise<{ api: ApiClient; incident: string }> {
  const { connectApi } = await import('../api/client.ts');
  const { resolveIncident } = await import('./incident-id.ts');
  const api = await connectApi(options, settings);
  return { api, incident: await resolveIncident(api, id) };
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
  if (incident.alerts.length > 0) {
    const alerts: Column<IncidentAlert>[] = [
      { title: 'TOLD', cell: ({ channel }) => channel },
      {
        title: 'FIRST',
        cell: ({ firstToldAt }) => (firstToldAt === null ? 'not told' : instant(firstToldAt)),
      },
      { title: 'LAST', cell: ({ lastToldAt }) => (lastToldAt === null ? '' : instant(lastToldAt)) },
      { title: 'HELD BY', cell: ({ held }) => (held === null ? '' : heldWords(held)) },
    ];
    terminal.print('');
    terminal.print(renderTable(incident.alerts, alerts, terminal.paint));
  }
  terminal.say(`\nTake the proof with: ${settings.commandName} evidence ${id} > bundle.json`);
}

/** `silence until 2026-01-31 12:00:00Z: we are moving` */
function heldWords({ kind, why, until }: NonNullable<IncidentAlert['held']>): string {
  const end = until === null ? '' : ` until ${until.slice(0, 19).replace('T', ' ')}Z`;
  return `${kind.replace('_', ' ')}${end}: ${why}`;
}
