/** `trustmonitor status-pages [list|write|export]` */
import { Command } from 'commander';
import { TrustMonitorError, type StatusPage } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { withApiData, type JsonOption } from './options.ts';

type Options = ApiOptions & JsonOption;

const WRITE_HELP = `
A page is YAML or JSON:
  id: shop
  title: The shop
  groups:
    - name: Shop
      select: { labels: { public: 'yes' } }`;

export function statusPagesCommand(context: Context): Command {
  const pages = new Command('status-pages').description('public status pages: list, write, export');
  pages.addCommand(listCommand(context), { isDefault: true });
  pages.addCommand(writeCommand(context));
  pages.addCommand(exportPageCommand(context));
  return pages;
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the pages')
    .action(
      action(context, async (options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { terminal, settings } = context;
        const pages = await (await connectApi(options, settings)).statusPages.list();
        if (options.json === true) terminal.json(pages);
        else if (pages.length > 0) await printPages(pages, context);
        else
          terminal.say(
            `No pages yet. Write one, then: ${settings.commandName} status-pages write FILE`,
          );
        return undefined;
      }),
    );
}

async function printPages(pages: readonly StatusPage[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const columns: Column<StatusPage>[] = [
    { title: 'PAGE', cell: ({ id }) => id },
    { title: 'TITLE', cell: ({ title }) => title },
    { title: 'GROUPS', cell: ({ groups }) => groups.map(({ name }) => name).join(', ') },
    { title: 'EVIDENCE', cell: ({ evidence }) => (evidence === true ? 'public' : 'not shown') },
  ];
  terminal.print(renderTable(pages, columns, terminal.paint));
}

function writeCommand(context: Context): Command {
  return withApiData(new Command('write'))
    .description('create or replace a page')
    .argument('<file>', 'the page as YAML or JSON')
    .addHelpText('after', WRITE_HELP)
    .action(
      action(context, async (file: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { readStatusPage } = await import('../status-pages/read.ts');
        const page = await readStatusPage(file);
        const { terminal, settings } = context;
        const written = await (await connectApi(options, settings)).statusPages.write(page);
        if (options.json === true) terminal.json(written);
        else terminal.print(`${written.id} is at /status/${written.id}/ of the coordinator.`);
        return undefined;
      }),
    );
}

interface ExportOptions extends Options {
  readonly out: string;
  readonly base: string;
}

function exportPageCommand(context: Context): Command {
  return withApiData(new Command('export'))
    .description('write a page as files, for a host that does not fall with this one')
    .argument('<id>', 'the page')
    .requiredOption('--out <folder>', 'where to write; made if it is not there')
    .requiredOption('--base <url>', 'the address that the files will be served at', baseUrl)
    .action(
      action(context, async (id: string, options: ExportOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const { writeFiles } = await import('../status-pages/write-files.ts');
        const { terminal, settings } = context;
        const api = await connectApi(options, settings);
        const { files } = await api.statusPages.files(id, options.base);
        const deleted = await writeFiles(options.out, files);
        const paths = files.map(({ path }) => path);
        const also = deleted.length === 0 ? '' : ` Deleted ${deleted.length} of an earlier export.`;
        if (options.json === true) terminal.json({ out: options.out, files: paths, deleted });
        else terminal.print(`Wrote ${files.length} files to ${options.out}.${also}`);
        return undefined;
      }),
    );
}

/** With a slash at its end. Throws `config.invalid`. */
function baseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:\/\/[^?#]+$/.test(text)) return text.replace(/\/*$/, '/');
  throw new TrustMonitorError('config.invalid', `${text} is no address of a page`, {
    where: '--base',
    hint: 'As in https://status.example/',
  });
}
