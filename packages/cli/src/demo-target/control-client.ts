/** Talks to the control endpoint of the local stack's demo target. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Settings } from '../settings.ts';
import { pathsOf } from '../stack/paths.ts';
import { readStackFile } from '../stack/stack-file.ts';
import { parseState, type DemoState } from './modes.ts';
import { readSecret } from './target-files.ts';

const ANSWER_LIMIT_MS = 5_000;

export interface DemoControl {
  /** Of the target itself. */
  readonly url: string;
  get(): Promise<DemoState>;
  set(state: DemoState): Promise<DemoState>;
}

/** Throws `stack.not_running` when no stack, or one without a demo target, runs here. */
export async function controlOf(
  dataDirectory: string | undefined,
  settings: Settings,
): Promise<DemoControl> {
  const paths = pathsOf(dataDirectory ?? settings.dataDirectory);
  const stack = await readStackFile(paths);
  const secret = await readSecret(paths.demoFolder);
  if (stack === null || stack.demo === null || secret === null) {
    const what = stack === null ? 'no stack runs' : 'the stack has no demo target';
    throw new TrustMonitorError('stack.not_running', `${what} in ${paths.root}`, {
      where: paths.stackFile,
      hint: `\`${settings.commandName} up\` without --monitors starts one with a demo target`,
    });
  }
  const { url, controlUrl } = stack.demo;
  return {
    url,
    get: () => exchange(controlUrl, secret, null),
    set: (state) => exchange(controlUrl, secret, state),
  };
}

async function exchange(url: string, secret: string, state: DemoState | null): Promise<DemoState> {
  const answer = await fetch(new URL('/state', url), {
    method: state === null ? 'GET' : 'PUT',
    headers: { authorization: `Bearer ${secret}` },
    body: state === null ? null : JSON.stringify(state),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  }).catch((cause: unknown) => {
    throw new TrustMonitorError('api.unreachable', 'the demo target does not answer', {
      where: url,
      hint: 'is the stack still running? its log is in logs/demo-target.log of the data folder',
      cause,
    });
  });
  const text = await answer.text();
  const now = answer.ok ? parseState(text) : null;
  if (now !== null) return now;
  throw new TrustMonitorError(
    'internal',
    `the demo target did not do as told: it answered ${answer.status} ${text}`,
    { where: url },
  );
}
