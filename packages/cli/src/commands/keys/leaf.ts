/** `trustmonitor keys leaf`: what lets a leaf server of the broker in. */
import { Command } from 'commander';
import { action, type Context } from '../../context.ts';
import { dataOption, positiveInteger } from '../options.ts';

interface Options {
  readonly data?: string;
  readonly region: string;
  readonly agent: readonly string[];
  readonly days: number;
  readonly output?: string;
}

export function leafCommand(context: Context): Command {
  return new Command('leaf')
    .description(
      'make the credential of a leaf server, which carries what agents of one region may say',
    )
    .requiredOption('--region <name>', 'the region that it stands in')
    .requiredOption('--agent <name...>', 'the agents that connect to it, and no others')
    .option('--days <n>', 'how long it is good', positiveInteger, 365)
    .option('-o, --output <file>', 'where it is written (leaf-REGION.creds in the data folder)')
    .option(...dataOption)
    .addHelpText('after', NOTES)
    .action(
      action(context, async (options: Options) => {
        const { makeLeafCredential } = await import('../../keyring/leaf.ts');
        const { settings, terminal } = context;
        const made = await makeLeafCredential({
          dataDirectory: options.data ?? settings.dataDirectory,
          region: options.region,
          agents: options.agent,
          days: options.days,
          output: options.output ?? null,
        });
        terminal.say(
          `Wrote ${made.file}, good until ${made.expiresAt}: for the leaf server alone.`,
        );
        terminal.print(`NATS_ACCOUNT=${made.account}`);
        return undefined;
      }),
    );
}

const NOTES = `
It needs keys/nats-account.nk of the data folder. The leaf server runs deploy/nats/leaf.conf, with this
file as leaf.creds and NATS_ACCOUNT in its environment. When an agent is added, make it again with all names.`;
