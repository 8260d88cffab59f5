/** `trustmonitor channels [list|test|deliveries]` */
import { Command } from 'commander';
import type { Channel, DeliveryResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';
import { positiveInteger, withApiData, type JsonOption } from './options.ts';

type Options = ApiOptions & JsonOption;

export function channelsCommand(context: Context): Command {
  const channels = new Command('channels').description('notification channels: list, test, log');
  channels.addCommand(listCommand(context), { isDefault: true });
  channels.addCommand(testCommand(context));
  channels.addCommand(deliveriesCommand(context));
  return channels;
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the channels')
    .action(
      action(context, async (options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const channels = await (await connectApi(options, context.settings)).channels();
        if (options.json === true) context.terminal.json(channels);
        else await printChannels(channels, context);
        return undefined;
      }),
    );
}

function testCommand(context: Context): Command {
  return withApiData(new Command('test'))
    .description('send a test message now, and say whether the receiver took it')
    .argument('<id>', 'the channel')
    .action(
      action(context, async (id: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { terminal, settings } = context;
        const delivery = await (await connectApi(options, settings)).testChannel(id);
        if (options.json === true) terminal.json(delivery);
        else if (delivery.lastError === null) terminal.print(`${id} took the test message.`);
        else terminal.print(`${id} did not take the test message: ${delivery.lastError}`);
        return delivery.lastError === null ? EXIT.ok : EXIT.failed;
      }),
    );
}

function deliveriesCommand(context: Context): Command {
  return withApiData(new Command('deliveries'))
    .description('what the channel was sent, newest first')
    .argument('<id>', 'the channel')
    .option('--limit <count>', 'at most so many', positiveInteger, 20)
    .action(
      action(context, async (id: string, options: Options & { readonly limit: number }) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        const deliveries = await api.deliveries(id, options);
        if (options.json === true) context.terminal.json(deliveries);
        else await printDeliveries(deliveries, context);
        return undefined;
      }),
    );
}

async function printChannels(channels: readonly Channel[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const columns: Column<Channel>[] = [
    { title: 'CHANNEL', cell: ({ id }) => id },
    { title: 'TYPE', cell: ({ type }) => type },
  ];
  terminal.print(renderTable(channels, columns, terminal.paint));
}

const COLOURS = { delivered: 'green', pending: 'yellow', given_up: 'red' } as const;

async function printDeliveries(
  deliveries: readonly DeliveryResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant } = await import('../output/words.ts');
  const columns: Column<DeliveryResource>[] = [
    { title: 'WRITTEN', cell: ({ createdAt }) => instant(createdAt) },
    { title: 'MESSAGE', cell: ({ type }) => type },
    {
      title: 'STATE',
      cell: ({ state }) => ({ text: state.replace('_', ' '), colour: COLOURS[state] }),
    },
    { title: 'TRIES', cell: ({ attempts }) => String(attempts), align: 'right' },
    { title: 'LAST ERROR', cell: ({ lastError }) => lastError ?? '' },
  ];
  terminal.print(renderTable(deliveries, columns, terminal.paint));
}
