/** `trustmonitor keys root` */
import { Command } from 'commander';
import type { ApiOptions } from '../../api/locate.ts';
import { action, type Context } from '../../context.ts';
import { withApi } from '../options.ts';

interface Options extends ApiOptions {
  readonly output?: string;
}

export function rootCommand(context: Context): Command {
  return withApi(new Command('root'))
    .description('print the public root file that verifiers pin')
    .option('-o, --output <file>', 'write to a file')
    .action(
      action(context, async (options: Options) => {
        const { writeOutput } = await import('../write-output.ts');
        await writeOutput(options.output, await rootFile(options, context), context);
        return undefined;
      }),
    );
}

/** From the local folder if there is one (no stack need run for it), or else from the API. */
async function rootFile(options: ApiOptions, { settings }: Context): Promise<Uint8Array> {
  const { pathsOf } = await import('../../stack/paths.ts');
  const { readIfThere } = await import('../../stack/files.ts');
  if (options.url === undefined && settings.apiUrl === null) {
    const local = await readIfThere(pathsOf(options.data ?? settings.dataDirectory).rootFile);
    if (local !== null) return new TextEncoder().encode(local);
  }
  const { connectApi } = await import('../../api/client.ts');
  return (await connectApi(options, settings)).network.rootFile();
}
