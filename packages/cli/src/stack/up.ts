/** `up`, from the first line to the last: start, serve until asked to stop, stop. */
import type { ApiClient } from '../api/client.ts';
import { loadOrReport, sendOrReport } from '../commands/load-monitors.ts';
import { summarise } from '../commands/print-changes.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { LoadedMonitors } from '../monitors-file/load.ts';
import { Cleanup } from './cleanup.ts';
import { demoMonitor } from './demo.ts';
import { DEFAULT_HTTP_ADDRESS, parseHttpAddress } from './http-address.ts';
import { pathsOf } from './paths.ts';
import { PublishedStack } from './published-stack.ts';
import type { Runtime } from './runtime.ts';
import type { DemoDescription } from './stack-file.ts';
import { startStack } from './start.ts';
import { stepsOn } from './steps.ts';
import { StopAsked, listenForStop, type StopRequest } from './stop-request.ts';
import { renderTour } from './tour.ts';

export interface UpOptions {
  readonly monitors?: string;
  readonly data?: string;
  readonly httpAddr?: string;
  /** How many; from 1 to 4. */
  readonly coordinators: number;
}

/** The API has refused the user's monitors, and the reader knows why. */
class MonitorsRefused extends Error {}

export async function up(options: UpOptions, context: Context): Promise<ExitCode> {
  const { terminal, settings } = context;
  // What is wrong with the input is said before anything is started.
  const http = parseHttpAddress(options.httpAddr ?? settings.httpAddress ?? DEFAULT_HTTP_ADDRESS);
  const own = options.monitors === undefined ? null : await loadOrReport(options.monitors, context);
  if (options.monitors !== undefined && own === null) return EXIT.usage;

  const stop = listenForStop(() => {
    terminal.say('Leaving at once.');
    process.exit(EXIT.failed);
  });
  const { runtime, published } = prepare(options, stop, context);
  const steps = stepsOn(terminal, stop.signal);
  terminal.say(`TrustMonitor ${settings.version}: everything on this machine\n`);
  try {
    const stack = await startStack(
      {
        http,
        coordinators: options.coordinators,
        wantsDemo: own === null,
        applyMonitors: (api, demo) => applyMonitors(api, own, demo, context),
      },
      runtime,
      published,
      steps,
    );
    terminal.say(renderTour(stack, runtime.paths, settings, terminal.paintChatter));
    await stop.wait();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof MonitorsRefused) return EXIT.usage;
    if (error instanceof StopAsked) return EXIT.ok;
    throw error;
  } finally {
    // From here on a child that ends does so because it was told to.
    stop.fail(new StopAsked('stopping'));
    await stopEverything(runtime, published, context);
    stop.dispose();
  }
}

function prepare(
  options: UpOptions,
  stop: StopRequest,
  { settings, terminal }: Context,
): { runtime: Runtime; published: PublishedStack } {
  const paths = pathsOf(options.data ?? settings.dataDirectory);
  const pids = new Map([['stack', process.pid]]);
  const published = new PublishedStack(paths, pids);
  const runtime: Runtime = {
    paths,
    settings,
    cleanup: new Cleanup(),
    signal: stop.signal,
    say(line, details = []) {
      terminal.say(`  ${terminal.paintChatter('yellow', '!')} ${line}`);
      for (const detail of details) terminal.say(terminal.paintChatter('dim', `      ${detail}`));
    },
    fail: (error) => stop.fail(error),
    pids,
    onPidsChanged: () => void published.refresh(),
  };
  return { runtime, published };
}

/** The user's monitors, and the demo's where its target runs. */
async function applyMonitors(
  api: ApiClient,
  own: LoadedMonitors | null,
  demo: DemoDescription | null,
  context: Context,
): Promise<string> {
  const said: string[] = [];
  if (own !== null) {
    const result = await sendOrReport(api, 'apply', own.body, own, context);
    if (result === null) throw new MonitorsRefused();
    said.push(`${own.files.join(', ')}: ${summarise(result, true)}`);
  }
  if (demo !== null) {
    const body = { owner: 'demo', monitors: [demoMonitor(demo)] };
    said.push(`demo: ${summarise(await api.apply(body), true)}`);
  }
  return said.join('; ');
}

async function stopEverything(
  { cleanup }: Runtime,
  published: PublishedStack,
  { terminal }: Context,
): Promise<void> {
  if (cleanup.isEmpty) return;
  const paint = terminal.paintChatter;
  terminal.say(`\n${paint('bold', 'Stopping.')} Everything is kept for the next start.`);
  await published.withdraw();
  await cleanup.stopAll((name, error) => {
    if (error === null) terminal.say(`  ${paint('green', '✓')} ${name} stopped`);
    else terminal.say(`  ${paint('red', '✗')} ${name}: ${error.message}`);
  });
}
