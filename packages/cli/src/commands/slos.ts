/** `trustmonitor slos [list|show]` */
import { Command } from 'commander';
import type { SliStatus, SloDetail, SloIncident, SloResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Fact } from '../output/facts.ts';
import type { Cell, Column } from '../output/table.ts';
import { withApiData, type JsonOption } from './options.ts';

type Options = ApiOptions & JsonOption;

const HELP = `
Examples:
  trustmonitor slos                              # every objective, and what is left of its budget
  trustmonitor slos list --monitor checkout      # those that one monitor is part of
  trustmonitor slos show monitor:checkout        # a monitor's own, and what spent its budget
`;

export function slosCommand(context: Context): Command {
  const slos = new Command('slos').description('service level objectives and their error budgets');
  slos.addCommand(listCommand(context), { isDefault: true });
  slos.addCommand(showCommand(context));
  return slos.addHelpText('after', HELP);
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the objectives with what is left of their budgets')
    .option('--monitor <id>', 'only those that this monitor is part of')
    .action(
      action(context, async (options: Options & { readonly monitor?: string }) => {
        const { connectApi } = await import('../api/client.ts');
        const { terminal, settings } = context;
        const slos = await (await connectApi(options, settings)).slos(options);
        if (options.json === true) terminal.json(slos);
        else if (slos.length === 0) terminal.say('There are no objectives.');
        else await printSlos(slos, context);
        return undefined;
      }),
    );
}

function showCommand(context: Context): Command {
  return withApiData(new Command('show'))
    .description('show one objective, and which incidents spent its budget')
    .argument('<id>', "the objective; of a monitor's own, monitor:ID")
    .action(
      action(context, async (id: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const slo = await (await connectApi(options, context.settings)).slo(id);
        if (options.json === true) context.terminal.json(slo);
        else await printSlo(slo, context);
        return undefined;
      }),
    );
}

interface Row {
  readonly slo: SloResource;
  readonly status: SliStatus;
}

async function printSlos(slos: readonly SloResource[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { percent, minutes } = await import('../output/words.ts');
  const { formatDuration } = await import('@trustmonitor/protocol');
  const rows = slos.flatMap((slo) => slo.indicators.map((status): Row => ({ slo, status })));
  const columns: Column<Row>[] = [
    { title: 'OBJECTIVE', cell: ({ slo }) => slo.id },
    { title: 'SLI', cell: ({ status }) => status.sli },
    { title: 'TARGET', cell: ({ status }) => `${status.target} %`, align: 'right' },
    { title: 'WINDOW', cell: ({ slo }) => formatDuration(slo.level.windowMs), align: 'right' },
    { title: 'MEASURED', cell: ({ status }) => percent(status.ratio), align: 'right' },
    { title: 'BUDGET', cell: ({ status }) => minutes(status.budget.totalMs), align: 'right' },
    { title: 'LEFT', cell: ({ status }) => leftCell(status, minutes), align: 'right' },
    { title: 'ALERT', cell: ({ status }) => alertCell(status) },
  ];
  terminal.print(renderTable(rows, columns, terminal.paint));
}

function leftCell({ budget }: SliStatus, minutes: (ms: number) => string): Cell {
  const { leftMs, leftRatio } = budget;
  const text = `${minutes(leftMs)} (${Math.floor(leftRatio * 100)} %)`;
  return { text, colour: leftRatio <= 0 ? 'red' : leftRatio < 0.25 ? 'yellow' : 'green' };
}

function alertCell({ alert }: SliStatus): Cell {
  if (alert.pair === null) return { text: 'quiet', colour: 'dim' };
  return {
    text: `burns at ${alert.pair}`,
    colour: alert.severity === 'critical' ? 'red' : 'yellow',
  };
}

async function printSlo(slo: SloDetail, { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { renderFacts } = await import('../output/facts.ts');
  const { formatDuration } = await import('@trustmonitor/protocol');
  const { instant, minutes, plural } = await import('../output/words.ts');
  const about = slo.monitor ?? plural(slo.monitors, 'monitor');
  terminal.print(
    renderFacts(factsOf(slo, about, formatDuration(slo.level.windowMs)), terminal.paint),
  );
  for (const status of slo.indicators) {
    terminal.print('');
    terminal.print(renderFacts(await statusFacts(status, slo), terminal.paint));
    terminal.print('');
    terminal.print(renderTable(status.burn, burnColumns(formatDuration), terminal.paint));
  }
  const { incidents, besideMs } = slo.spending;
  const columns: Column<SloIncident>[] = [
    { title: 'SPENT BY INCIDENT', cell: ({ incident }) => incident },
    { title: 'MONITOR', cell: ({ monitor }) => monitor },
    { title: 'FROM', cell: ({ from }) => instant(from) },
    { title: 'SPENT', cell: ({ spentMs }) => minutes(spentMs), align: 'right' },
    {
      title: 'OF BUDGET',
      cell: ({ spentRatio }) => `${(spentRatio * 100).toFixed(1)} %`,
      align: 'right',
    },
    { title: 'REASON', cell: ({ reason }) => reason },
  ];
  if (incidents.length > 0) {
    terminal.print('');
    terminal.print(renderTable(incidents, columns, terminal.paint));
  }
  if (besideMs > 0) terminal.print(`\nIn no incident: ${minutes(besideMs)}, never confirmed.`);
}

function factsOf({ id, name, owner }: SloDetail, about: string, window: string): Fact[] {
  return [
    { name: 'Objective', text: `${name} (${id})` },
    { name: 'About', text: about },
    { name: 'Window', text: window },
    ...(owner === null ? [] : [{ name: 'Owner', text: owner }]),
  ];
}

async function statusFacts(status: SliStatus, { level }: SloDetail): Promise<Fact[]> {
  const { formatDuration } = await import('@trustmonitor/protocol');
  const { instant, minutes, percent } = await import('../output/words.ts');
  const { budget, measuredMs, unknownMs, sli, target, answers } = status;
  const within =
    sli === 'latency' && level.latency !== null
      ? ` of answers within ${formatDuration(level.latency.thresholdMs)}`
      : ' of the time';
  const slow = answers === null ? '' : `, ${answers.slow} of ${answers.all} answers slow`;
  const alert = alertCell(status);
  return [
    { name: 'Promised', text: `${target} %${within}` },
    { name: 'Measured', text: `${percent(status.ratio)} since ${instant(status.from)}${slow}` },
    {
      name: 'Measured over',
      text: `${hours(measuredMs)}; ${hours(unknownMs)} unknown, which count for nothing`,
    },
    {
      name: 'Budget',
      text: `${minutes(budget.leftMs)} left of ${minutes(budget.totalMs)}, ${minutes(budget.spentMs)} spent`,
      colour: leftCell(status, minutes).colour,
    },
    { name: 'Alert', text: alert.text, colour: alert.colour },
  ];
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function burnColumns(named: (ms: number) => string): Column<SliStatus['burn'][number]>[] {
  const rate = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)}x`);
  return [
    { title: 'BURNS ABOVE', cell: ({ pair }) => pair },
    { title: 'LONG', cell: ({ longMs, longRate }) => `${rate(longRate)} in ${named(longMs)}` },
    { title: 'SHORT', cell: ({ shortMs, shortRate }) => `${rate(shortRate)} in ${named(shortMs)}` },
    {
      title: '',
      cell: ({ firing }) => (firing ? { text: 'firing', colour: 'red' } : ''),
    },
  ];
}
