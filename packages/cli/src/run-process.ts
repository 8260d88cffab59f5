/** Runs one of our processes in the place of this command: its signals, its output, its exit code. */
import { spawn } from 'node:child_process';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { EXIT, type ExitCode } from './exit.ts';

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Resolves when it has ended. Throws `internal` when it cannot be started. */
export function runProcess(script: string, env: NodeJS.ProcessEnv): Promise<ExitCode> {
  const child = spawn(process.execPath, [script], { env, stdio: 'inherit' });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  return new Promise<ExitCode>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new TrustMonitorError('internal', `${script} cannot be run`, { where: script, cause }),
      );
    });
    child.once('exit', (code) => resolve(exitCodeOf(code)));
  }).finally(() => {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  });
}

function exitCodeOf(code: number | null): ExitCode {
  if (code === EXIT.ok) return EXIT.ok;
  return code === EXIT.usage ? EXIT.usage : EXIT.failed;
}
