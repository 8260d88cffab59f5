/** `trustmonitor agent` and `trustmonitor agent join` */
import { Command } from 'commander';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { action, type Context } from '../context.ts';

const DEFAULT_DATA = 'trustmonitor-agent';

const agentData = [
  '--data <dir>',
  `the agent’s own folder (TM_DATA_DIR, or else ${DEFAULT_DATA})`,
] as const;

interface JoinOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly name?: string;
  readonly data?: string;
}

export function agentCommand(context: Context): Command {
  const command = new Command('agent')
    .description('run an agent: from what it was told when it joined, or from TM_* variables')
    .option(...agentData)
    .action(
      action(context, async (options: { data?: string }) => {
        const { agentScript } = await import('../stack/scripts.ts');
        const { runProcess } = await import('../run-process.ts');
        const { environment } = context.settings;
        const TM_DATA_DIR = folderOf(options.data, context);
        return runProcess(agentScript(), { ...environment, TM_DATA_DIR });
      }),
    );
  command.addCommand(joinCommand(context));
  return command;
}

function joinCommand(context: Context): Command {
  return new Command('join')
    .description('make an agent’s keys on this machine and have them enrolled')
    .option('--token-file <file>', 'file with the join token (asked for, or from standard input)')
    .option('--url <url>', 'the coordinator’s API (TM_URL)')
    .option('--name <name>', 'name of the agent (that of this machine)')
    .option(...agentData)
    .action(
      action(context, async (_own: unknown, command: Command) => {
        // The parent has --data too, and would keep it.
        const options = command.optsWithGlobals<JoinOptions>();
        const { joinNetwork } = await import('@trustmonitor/agent');
        const { terminal, settings } = context;
        const dataDirectory = folderOf(options.data, context);
        const joined = await joinNetwork({
          apiUrl: urlOf(options.url ?? settings.apiUrl),
          token: await tokenOf(options),
          agent: options.name ?? nameOfMachine(),
          dataDirectory,
        });
        const { agent, region, group, network } = joined;
        terminal.say(`${agent} has joined ${network} in region ${region} (voting group ${group}).`);
        terminal.say(`Its keys are in ${dataDirectory}. Run it with:`);
        terminal.print(`${settings.commandName} agent --data ${dataDirectory}`);
        return undefined;
      }),
    );
}

/** As `agents invite` prints it. */
async function tokenOf({ tokenFile }: JoinOptions): Promise<string> {
  const { askOrRead, firstLineOf } = await import('../secret-input.ts');
  if (tokenFile !== undefined) return firstLineOf(tokenFile, '--token-file');
  const token = (await askOrRead('Join token: ')).trim();
  if (token !== '') return token;
  throw new TrustMonitorError('config.invalid', 'a join token is needed', {
    where: '--token-file',
    hint: 'name a file that holds it, or write it to standard input',
  });
}

function folderOf(given: string | undefined, { settings }: Context): string {
  return resolve(given ?? settings.environment['TM_DATA_DIR'] ?? DEFAULT_DATA);
}

function urlOf(text: string | null): string {
  if (text !== null && URL.canParse(text) && /^https?:/i.test(text)) return text;
  throw new TrustMonitorError('config.invalid', 'the coordinator’s API must be named', {
    where: '--url (TM_URL)',
    hint: 'write it in full, such as https://monitor.example',
  });
}

/** Names are lower-case letters, digits and dashes. */
function nameOfMachine(): string {
  return hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}
