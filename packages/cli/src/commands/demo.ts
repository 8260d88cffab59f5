/** `trustmonitor demo break|slow|wrong|mend|status` */
import { Command, Option } from 'commander';
import { action, type Context } from '../context.ts';
import type { DemoMode, DemoState } from '../demo-target/modes.ts';
import { dataOption, jsonOption, type JsonOption } from './options.ts';

interface Options extends JsonOption {
  readonly data?: string;
  readonly hard?: boolean;
  readonly region?: string[];
}

interface Trouble {
  readonly name: string;
  readonly what: string;
  readonly modeFor: (options: Options) => DemoMode;
}

/** What can be done to the demo target. */
const TROUBLES: readonly Trouble[] = [
  {
    name: 'break',
    what: 'make the demo target answer 503',
    modeFor: ({ hard }) => (hard === true ? 'closed' : 'broken'),
  },
  {
    name: 'slow',
    what: 'make it answer later than its monitor waits',
    modeFor: () => 'slow',
  },
  { name: 'wrong', what: 'make it answer 200 with wrong data', modeFor: () => 'wrong' },
  { name: 'mend', what: 'make it answer as it should', modeFor: () => 'ok' },
];

export function demoCommand(context: Context): Command {
  const demo = new Command('demo').description('break and mend the demo target');
  for (const trouble of TROUBLES) demo.addCommand(troubleCommand(trouble, context));
  return demo.addCommand(statusCommand(context));
}

function troubleCommand({ name, what, modeFor }: Trouble, context: Context): Command {
  const command = new Command(name)
    .description(what)
    .option(...dataOption)
    .option(...jsonOption);
  if (name === 'break') {
    const hard = new Option('--hard', 'refuse connections (of everybody) instead');
    command.addOption(hard.conflicts('region'));
  }
  if (name !== 'mend') command.option('--region <name...>', 'only for agents in these regions');
  return command.action(
    action(context, async (options: Options) => {
      const { controlOf } = await import('../demo-target/control-client.ts');
      const control = await controlOf(options.data, context.settings);
      const state = { mode: modeFor(options), regions: options.region ?? [] };
      await print(await control.set(state), control.url, options, context);
      return undefined;
    }),
  );
}

function statusCommand(context: Context): Command {
  return new Command('status')
    .description('say how the demo target behaves')
    .option(...dataOption)
    .option(...jsonOption)
    .action(
      action(context, async (options: Options) => {
        const { controlOf } = await import('../demo-target/control-client.ts');
        const control = await controlOf(options.data, context.settings);
        await print(await control.get(), control.url, options, context);
        return undefined;
      }),
    );
}

async function print(
  state: DemoState,
  url: string,
  { json }: Options,
  { terminal }: Context,
): Promise<void> {
  const { describeState } = await import('../demo-target/modes.ts');
  if (json === true) terminal.json({ url, ...state });
  else terminal.print(`The demo target ${url} ${describeState(state)}.`);
}
