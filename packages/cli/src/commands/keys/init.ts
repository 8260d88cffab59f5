/** `trustmonitor keys init`: the key ceremony of a new network. */
import { Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../../context.ts';
import type { NewRegion } from '../../keyring/ceremony.ts';
import { dataOption, positiveInteger } from '../options.ts';

interface Options {
  readonly data?: string;
  readonly network?: string;
  readonly region?: NewRegion[];
  readonly roots: number;
  readonly threshold?: number;
  readonly passphrase: boolean;
  readonly passphraseFile?: string;
}

export function initCommand(context: Context): Command {
  return new Command('init')
    .description('make the keys of a new network, and version 1 of its key ring')
    .option(...dataOption)
    .option('--network <name>', 'its name (TM_NETWORK)')
    .option(
      '--region <spec...>',
      'region=group or region=group@operator: where agents may join',
      regions,
    )
    .option('--roots <n>', 'root keys', positiveInteger, 1)
    .option('--threshold <n>', 'how many of them must sign (a majority)', positiveInteger)
    .option('--passphrase-file <file>', 'file whose first line locks the root keys')
    .option('--no-passphrase', 'leave the root keys unlocked: for tests and toys')
    .addHelpText('after', NOTES)
    .action(
      action(context, async (options: Options) => {
        const { holdCeremony } = await import('../../keyring/ceremony.ts');
        const { newPassphrase } = await import('../../keyring/passphrase.ts');
        const { settings, terminal } = context;
        const { passphraseFile } = options;
        const passphrase = options.passphrase
          ? await newPassphrase(passphraseFile === undefined ? {} : { passphraseFile })
          : undefined;
        const made = await holdCeremony({
          dataDirectory: options.data ?? settings.dataDirectory,
          network: options.network ?? settings.network,
          regions: options.region ?? [],
          roots: options.roots,
          threshold: options.threshold ?? Math.floor(options.roots / 2) + 1,
          passphrase,
        });
        terminal.print(made.rootFile);
        terminal.say(`\nMade ${made.rootKeyFiles.length} root key(s): move them off this machine.`);
        for (const file of made.rootKeyFiles) terminal.say(`  ${file}`);
        terminal.say(
          'A running coordinator does not need them. Outsiders pin the root file above.',
        );
        return undefined;
      }),
    );
}

const NOTES = `
The data folder then holds what a coordinator needs: root.json, keyring.json and keys/.
Root keys are PKCS#8 PEM; locked ones use PBES2 (openssl pkey reads them).`;

/** `eu-west=hetzner@acme`, collected. */
function regions(text: string, before: NewRegion[] = []): NewRegion[] {
  const match = /^([a-z0-9-]+)=([a-z0-9-]+)(?:@([a-z0-9-]+))?$/.exec(text);
  const [, region, group, operator] = match ?? [];
  if (region === undefined || group === undefined) {
    throw new InvalidArgumentError('Write it as region=group or region=group@operator.');
  }
  return [...before, { region, group, operator: operator ?? null }];
}
