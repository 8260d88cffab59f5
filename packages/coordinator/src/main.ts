/** The coordinator's process: settings in, signals handled, an exit code out. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { pino } from 'pino';
import { readConfig } from './config.ts';
import { startCoordinator } from './coordinator.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** A stop that takes longer is broken off: what is not committed is nowhere half done. */
const STOP_GRACE_MS = 10_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel, name: 'coordinator' });
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => process.exit(EXIT_FAILED), STOP_GRACE_MS).unref();
    coordinator.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopped with an error');
        process.exit(EXIT_FAILED);
      },
    );
  };
  const coordinator = await startCoordinator(config, log);
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

main().catch((error: unknown) => {
  const log = pino({ name: 'coordinator' });
  if (isTrustMonitorError(error)) {
    const { code, where, hint } = error;
    log.fatal({ code, where, hint, err: error }, error.message);
    process.exit(code === 'config.invalid' ? EXIT_USAGE : EXIT_FAILED);
  }
  log.fatal({ err: error }, 'cannot start');
  process.exit(EXIT_FAILED);
});
