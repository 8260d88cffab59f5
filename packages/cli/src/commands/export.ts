/** `trustmonitor export [ID...]` */
import { Command } from 'commander';
import {
  TrustMonitorError,
  type MaintenanceResource,
  type MonitorResource,
  type SloResource,
} from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Exported } from '../export/export.ts';
import { withApiData, type JsonOption } from './options.ts';
import { ownerName } from './plan-options.ts';

const HELP = `
Examples:
  trustmonitor export > trustmonitor.yaml
  trustmonitor export shop cart --notifications -o shop.yaml
  trustmonitor export --owner acme/shop            # only what this owner has applied

A secret comes as the name of a variable, { secret: "\${SHOP_HTTP_AUTH_TOKEN}" }; the names are listed
on stderr. Set them, or NAME_FILE, to plan or apply the file. With --keep-secrets the file says
instead that the stored value stays: only the server that it came from can apply such a file.
`;

interface ExportCommandOptions extends ApiOptions, JsonOption {
  readonly owner?: string;
  readonly notifications?: boolean;
  readonly maintenance?: boolean;
  readonly keepSecrets?: boolean;
  readonly output?: string;
}

export function exportCommand(context: Context): Command {
  return withApiData(new Command('export'))
    .description('print the monitors in force as a monitors file')
    .argument('[id...]', 'monitors (all of them)')
    .option('--owner <name>', 'only what this owner has applied', ownerName)
    .option('--notifications', 'the channels too, with their URLs, and who is told')
    .option('--maintenance', 'the windows of maintenance too, but for those that are over')
    .option('--keep-secrets', 'let the stored secrets stay, in place of variables')
    .option('-o, --output <file>', 'write to a file')
    .addHelpText('after', HELP)
    .action(
      action(context, async (ids: readonly string[], options: ExportCommandOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const { exportMonitors, yamlOf } = await import('../export/export.ts');
        const { writeOutput } = await import('./write-output.ts');
        const api = await connectApi(options, context.settings);
        const monitors = chosen(await api.monitors(), ids, options.owner);
        const exported = exportMonitors(monitors, {
          owner: options.owner ?? null,
          ...(options.notifications === true
            ? { channels: await api.channels(), routing: await api.routing() }
            : { channels: [], routing: {} }),
          maintenance: options.maintenance === true ? await windowsOf(api, options) : [],
          slos: ids.length === 0 ? await objectives(api, options.owner) : [],
          keepsSecrets: options.keepSecrets === true,
        });
        const { document } = exported;
        const text = options.json === true ? JSON.stringify(document, null, 2) : yamlOf(document);
        await writeOutput(options.output, Buffer.from(`${text.trimEnd()}\n`), context);
        await sayWhatIsLeft(exported, monitors, options, context);
        return undefined;
      }),
    );
}

/** Those about several monitors. */
async function objectives(api: ApiClient, owner: string | undefined): Promise<SloResource[]> {
  const all = (await api.slos({})).filter(({ monitor }) => monitor === null);
  return all.filter((slo) => owner === undefined || slo.owner === owner);
}

async function windowsOf(
  api: ApiClient,
  { owner }: ExportCommandOptions,
): Promise<MaintenanceResource[]> {
  return (await api.quiet.maintenance()).filter(
    (window) => window.state !== 'over' && (owner === undefined || window.owner === owner),
  );
}

/** Throws `not_found` for an id that is not there. */
function chosen(
  all: readonly MonitorResource[],
  ids: readonly string[],
  owner: string | undefined,
): MonitorResource[] {
  const owned = all.filter((monitor) => owner === undefined || monitor.owner === owner);
  const missing = ids.find((id) => !owned.some((monitor) => monitor.id === id));
  if (missing !== undefined) {
    const whose = owner === undefined ? '' : ` of the owner ${owner}`;
    throw new TrustMonitorError('not_found', `there is no monitor ${missing}${whose}`);
  }
  return ids.length === 0 ? owned : owned.filter(({ id }) => ids.includes(id));
}

async function sayWhatIsLeft(
  { secrets, monitors: count }: Exported,
  monitors: readonly MonitorResource[],
  options: ExportCommandOptions,
  { terminal }: Context,
): Promise<void> {
  const { plural } = await import('../output/words.ts');
  terminal.say(`Exported ${plural(count, 'monitor')}.`);
  if (secrets.length > 0) {
    terminal.say('Set these (or NAME_FILE) to plan or apply the file:');
    for (const { variable, monitor, secret } of secrets) {
      terminal.say(`  ${variable}  ${terminal.paintChatter('dim', `${secret} of ${monitor}`)}`);
    }
  }
  if (options.notifications === true) {
    terminal.say('Whoever knows the URL of a channel can post to it: mind who reads the file.');
  }
  const owners = [...new Set(monitors.flatMap(({ owner }) => owner ?? []))];
  if (options.owner !== undefined || owners.length === 0) return;
  const hint = 'apply the file under that name, or with --take-over';
  terminal.say(`Some of them belong to ${owners.join(', ')}: ${hint}.`);
}
