/** `trustmonitor log audit`: downloads the whole log and computes all of it again. */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withApiData, type JsonOption } from './options.ts';

interface Options extends ApiOptions, JsonOption {
  readonly root?: string;
}

export function logAuditCommand(context: Context): Command {
  return withApiData(new Command('audit'))
    .description('download the whole log and check all of it')
    .option('--root <file>', 'root file of the network, from a source that you trust')
    .addHelpText(
      'after',
      '\nThe documents behind the leaves need a token that may read.\n' +
        'Exit codes: 0 everything holds, 1 a check failed, 2 usage or malformed input.\n',
    )
    .action(
      action(context, async (options: Options) => {
        const { locateApi } = await import('../api/locate.ts');
        const { transportTo } = await import('../api/transport.ts');
        const { auditLog } = await import('../audit/audit.ts');
        const { renderAudit } = await import('../audit/print.ts');
        const { LogClient } = await import('../log/log-client.ts');
        const { pinnedRoot } = await import('../log/trust.ts');
        const { terminal, settings } = context;
        const root = await pinnedRoot(options, settings);
        const client = new LogClient(transportTo(await locateApi(options, settings)));
        const report = await auditLog(client, root, (leaves, size) => {
          terminal.progress(`${leaves} of ${size} leaves`);
        });
        if (options.json === true) terminal.json(report);
        else terminal.print(renderAudit(report, terminal.paint));
        return report.passed ? EXIT.ok : EXIT.failed;
      }),
    );
}
