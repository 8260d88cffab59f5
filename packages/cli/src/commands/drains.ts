/** `drain` and `undrain`, of `trustmonitor regions` and `trustmonitor agents` */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { ApiClient } from '../api/client.ts';
import type { DrainKind } from '../api/network.ts';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withApi } from './options.ts';

interface DrainOptions extends ApiOptions {
  readonly reason?: string;
  readonly force?: boolean;
}

const WHAT: Readonly<Record<DrainKind, string>> = {
  region: 'take a region out of the rounds for planned work; nobody is told that it is lost',
  agent: 'let an agent take no jobs for planned work; waits until it says so',
};

/** Agents beat every 2 s: told by the answer to one beat, an agent says so with the next. */
const CONFIRMED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 500;

export function drainCommand(context: Context, kind: DrainKind): Command {
  return withApi(new Command('drain'))
    .description(WHAT[kind])
    .argument(`<${kind}>`, 'its name')
    .option('--reason <text>', 'why, for whoever looks at it meanwhile')
    .option('--force', 'also where too few would be left to judge')
    .action(
      action(context, async (name: string, _own: unknown, command: Command) => {
        const options = command.optsWithGlobals<DrainOptions>();
        const { reason, force } = options;
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        await api.network.drain(kind, name, {
          ...(reason === undefined ? {} : { reason }),
          ...(force === undefined ? {} : { force }),
        });
        const back = `When the work is done: trustmonitor ${kind}s undrain ${name}`;
        if (kind === 'agent' && !(await isConfirmed(api, name))) {
          context.terminal.say(
            `${name} has not said that it takes no jobs: it is not connected, and will take none ` +
              `when it is; or its release knows nothing of drains: then stop it. ${back}`,
          );
          return EXIT.failed;
        }
        context.terminal.say(`${name} is drained. ${back}`);
        return undefined;
      }),
    );
}

export function undrainCommand(context: Context, kind: DrainKind): Command {
  return withApi(new Command('undrain'))
    .description(kind === 'region' ? 'let a region vote again, at once' : 'let it take jobs again')
    .argument(`<${kind}>`, 'its name')
    .action(
      action(context, async (name: string, _own: unknown, command: Command) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(command.optsWithGlobals<ApiOptions>(), context.settings);
        await api.network.undrain(kind, name);
        context.terminal.say(`${name} is not drained any more.`);
        return undefined;
      }),
    );
}

async function isConfirmed(api: ApiClient, name: string): Promise<boolean> {
  const untilMs = performance.now() + CONFIRMED_WITHIN_MS;
  for (;;) {
    const agent = (await api.network.agents()).find((one) => one.agent === name);
    if (agent?.drain?.confirmed === true) return true;
    // Nothing is heard of it: there is nothing to wait for.
    if (agent?.state !== 'alive' || performance.now() > untilMs) return false;
    await sleep(LOOK_EVERY_MS);
  }
}
