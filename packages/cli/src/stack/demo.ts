/** The demo target's process, and the monitor that watches it. */
import { TrustMonitorError, type MonitorInput } from '@trustmonitor/protocol';
import { readTarget } from '../demo-target/target-files.ts';
import { ensurePrivateFolder } from './files.ts';
import {
  STOP_GRACE_MS,
  environmentWithout,
  filesOf,
  supervisionOf,
  type Runtime,
} from './runtime.ts';
import { demoTargetScript } from './scripts.ts';
import type { DemoDescription } from './stack-file.ts';
import { supervise } from './supervise.ts';
import { until } from './until.ts';

const START_LIMIT_MS = 15_000;
const NAME = 'demo-target';

export const DEMO_MONITOR_ID = 'demo-shop';

/** Whether a demo target has ever run in this folder: then its monitor is in the database. */
export async function hasRunDemo({ paths }: Runtime): Promise<boolean> {
  return (await readTarget(paths.demoFolder)) !== null;
}

/** Starts it; `waitForDemoTarget` says where it is. */
export async function startDemoTarget(runtime: Runtime): Promise<void> {
  const { paths, settings } = runtime;
  await ensurePrivateFolder(paths.demoFolder);
  const target = await supervise(
    {
      name: NAME,
      script: demoTargetScript(),
      args: [paths.demoFolder],
      env: environmentWithout(['DATABASE_URL', 'TM_TOKEN', 'TM_OPA_TOKEN'], settings.environment),
      ...filesOf(NAME, runtime),
    },
    supervisionOf(NAME, runtime),
  );
  runtime.cleanup.add({ name: 'demo target', stop: () => target.stop(STOP_GRACE_MS) });
}

export async function waitForDemoTarget(runtime: Runtime): Promise<DemoDescription> {
  const described = await until(
    async () => {
      const found = await readTarget(runtime.paths.demoFolder);
      return found !== null && found.pid === runtime.pids.get(NAME) ? found : null;
    },
    { withinMs: START_LIMIT_MS, signal: runtime.signal },
  );
  if (described === null) {
    throw new TrustMonitorError('internal', 'the demo target did not start', {
      where: filesOf(NAME, runtime).logFile,
      hint: 'its log says why',
    });
  }
  return {
    url: `http://127.0.0.1:${described.port}/`,
    controlUrl: `http://127.0.0.1:${described.controlPort}/`,
  };
}

/** Short intervals, so that the reader sees an incident within seconds. */
export function demoMonitor({ url }: DemoDescription): MonitorInput {
  return {
    id: DEMO_MONITOR_ID,
    name: 'Demo shop',
    url,
    interval: '5s',
    timeout: '2s',
    assertions: ['status == 200', 'json($.shop) == "open"'],
  };
}
