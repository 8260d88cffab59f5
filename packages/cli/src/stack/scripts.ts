/** The scripts of our own processes: `main.js` beside what the package exports. */
import { fileURLToPath } from 'node:url';

export const coordinatorScript = (): string =>
  mainBeside(import.meta.resolve('@trustmonitor/coordinator'));

export const agentScript = (): string => mainBeside(import.meta.resolve('@trustmonitor/agent'));

export const demoTargetScript = (): string =>
  mainBeside(new URL('../demo-target/main.js', import.meta.url).href);

function mainBeside(url: string): string {
  return fileURLToPath(new URL('main.js', url));
}
