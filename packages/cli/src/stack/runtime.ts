/** What every part of a running stack shares. */
import type { TrustMonitorError } from '@trustmonitor/protocol';
import { join } from 'node:path';
import type { Settings } from '../settings.ts';
import type { ChildSpec } from './child.ts';
import type { Cleanup } from './cleanup.ts';
import type { StackPaths } from './paths.ts';
import type { SupervisionOptions } from './supervise.ts';

export interface Runtime {
  readonly paths: StackPaths;
  readonly settings: Settings;
  readonly cleanup: Cleanup;
  /** Aborted when the stack is to stop, with the reason. */
  readonly signal: AbortSignal;
  /** Tells the reader something that nobody asked for. */
  readonly say: (line: string, details?: readonly string[]) => void;
  /** Stops the stack with an error: something is gone that it cannot do without. */
  readonly fail: (error: TrustMonitorError) => void;
  /** Current pids by name, for `stack.json`. */
  readonly pids: Map<string, number>;
  /** Called when one of them has changed. */
  readonly onPidsChanged: () => void;
}

/** A process that is told to stop gets this long: its own limit is 10 s. */
export const STOP_GRACE_MS = 12_000;

/** The parts of a child's description that follow from its name. */
export function filesOf(
  name: string,
  { paths }: Runtime,
): Pick<ChildSpec, 'logFile' | 'recordFile'> {
  return {
    logFile: join(paths.logsFolder, `${name}.log`),
    recordFile: join(paths.recordsFolder, `${name}.json`),
  };
}

/** How the stack looks after a child: a death is told, and given up it stops the stack. */
export function supervisionOf(name: string, runtime: Runtime): SupervisionOptions {
  return {
    onDeath: runtime.say,
    onGivenUp: runtime.fail,
    onPid(pid) {
      runtime.pids.set(name, pid);
      runtime.onPidsChanged();
    },
  };
}

/** The user's environment without what is not for this child: other processes' secrets. */
export function environmentWithout(
  names: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
