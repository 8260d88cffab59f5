/** What the reader can do with a stack that runs. */
import { relative } from 'node:path';
import type { Paint } from '../output/paint.ts';
import { DEFAULT_DATA_DIRECTORY, type Settings } from '../settings.ts';
import type { StackPaths } from './paths.ts';
import type { StartedStack } from './start.ts';
import { DEMO_MONITOR_ID } from './demo.ts';

export function renderTour(
  stack: StartedStack,
  paths: StackPaths,
  { commandName }: Settings,
  paint: Paint,
): string {
  const here = relative('.', paths.root) || '.';
  const folder = here.startsWith('..') ? paths.root : here;
  const lines = [
    '',
    `${paint('bold', 'TrustMonitor is running.')} Ctrl-C stops it; the next start goes on from here.`,
    '',
    `  Console  ${paint('bold', stack.signInLink)}`,
    `           ${paint('dim', `(signs you in once; later: ${commandName} console)`)}`,
    `  API      ${stack.apiUrl}`,
    ...stack.coordinatorUrls.slice(1).map((url) => `           ${url}  (another coordinator)`),
    `  Data     ${folder}  (admin token: ${folder}/admin.token, logs: ${folder}/logs)`,
    '',
    paint('bold', 'In another terminal:'),
    ...(folder === DEFAULT_DATA_DIRECTORY ? [] : [`  export TM_DATA_DIR=${paths.root}`]),
  ];
  const suggestions = stack.demo === null ? OWN_MONITORS : DEMO;
  const width = Math.max(...suggestions.map(([command]) => command.length));
  const typed = suggestions.map(
    ([command, what]) => `  ${commandName} ${command.padEnd(width)}  ${paint('dim', `# ${what}`)}`,
  );
  return [...lines, ...typed].join('\n');
}

type Suggestion = readonly [command: string, what: string];

const DEMO: readonly Suggestion[] = [
  ['demo break', 'the demo target answers 503'],
  [`rounds ${DEMO_MONITOR_ID}`, 'watch the three regions vote'],
  ['incidents', 'within seconds there is one'],
  ['evidence latest > bundle.json', 'take the proof'],
  ['keys root > root.json', 'take the key that outsiders pin'],
  ['verify bundle.json --root root.json', 'check it, with no network'],
  ['demo mend', 'the recovery is signed too'],
];

const OWN_MONITORS: readonly Suggestion[] = [
  ['monitors', 'what is watched, and how it is'],
  ['incidents --open', 'what is down now'],
  ['plan monitors.yaml', 'what a change to the file would do'],
  ['apply monitors.yaml', 'do it'],
];
