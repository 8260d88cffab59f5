/**
 * The agent as a process: `node dist/main.js`, with its settings in `TM_*` variables.
 *
 * Exit codes: 0 stopped by SIGTERM or SIGINT; 1 it could not start, or a fault of ours; 2 the
 * settings are not valid. A second signal does not wait for anything.
 */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { pino, type Logger } from 'pino';
import { startAgent } from './agent.ts';
import { readSettings, type AgentConfig } from './config.ts';

const EXIT_FAULT = 1;
const EXIT_USAGE = 2;

/** A stop that takes longer than probes, receipts and the broker may take together is stuck. */
const STOP_LIMIT_MS = 10_000;

const config = await readConfigOrExit();
const log = pino({ level: config.logLevel, base: { agent: config.agent } });

/** Resolves at the first signal; the second one ends the process. */
const stopAsked = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(EXIT_FAULT));
      resolve(signal);
    });
  }
});

try {
  await runUntilStopped(config, log);
  process.exit(0);
} catch (error) {
  log.fatal({ err: error, ...adviceOf(error) }, 'agent cannot run');
  process.exit(EXIT_FAULT);
}

async function runUntilStopped(settings: AgentConfig, logger: Logger): Promise<void> {
  const agent = await Promise.race([startAgent(settings, logger), stopAsked]);
  // Stopped before the broker was there: nothing has been taken on.
  if (typeof agent === 'string') return;
  const signal = await stopAsked;
  logger.info({ signal }, 'agent stops');
  setTimeout(() => {
    logger.fatal('the agent did not stop in time');
    process.exit(EXIT_FAULT);
  }, STOP_LIMIT_MS).unref();
  await agent.stop();
}

async function readConfigOrExit(): Promise<AgentConfig> {
  try {
    return await readSettings(process.env);
  } catch (error) {
    // There is no log level yet, and a person reads this.
    const message = error instanceof Error ? error.message : String(error);
    const { hint } = adviceOf(error);
    process.stderr.write(
      `trustmonitor agent: ${message}\n${hint === undefined ? '' : `${hint}\n`}`,
    );
    process.exit(EXIT_USAGE);
  }
}

function adviceOf(error: unknown): { code?: string; hint?: string | undefined } {
  return isTrustMonitorError(error) ? { code: error.code, hint: error.hint } : {};
}
