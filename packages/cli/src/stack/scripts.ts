/** The scripts of our own processes. */
import { fileURLToPath } from 'node:url';

/** `main.js` beside what the package exports. */
export function mainScriptOf(
  packageName: '@trustmonitor/agent' | '@trustmonitor/coordinator',
): string {
  return fileURLToPath(new URL('main.js', import.meta.resolve(packageName)));
}

export function demoTargetScript(): string {
  return fileURLToPath(new URL('../demo-target/main.js', import.meta.url));
}
