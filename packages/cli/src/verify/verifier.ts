/**
 * The verifier on its own. scripts/build-verifier.mjs bundles this file into the package
 * `trustmonitor-verify`, which `npx` runs without the rest of TrustMonitor, and which
 * `trustmonitor verify` hands over to: one file loads in a fraction of the time of many.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { verifyCommand } from '../commands/verify.ts';
import { runProcess } from '../process.ts';

const { version } = JSON.parse(readFileSync(beside('package.json'), 'utf8')) as {
  version: string;
};

/** `trustmonitor-verify BUNDLE --root FILE`. */
export const runAlone = (): Promise<void> =>
  runProcess(version, (context) =>
    verifyCommand(context, readPage, 'trustmonitor-verify').version(
      version,
      '-V, --version',
      'print the version',
    ),
  );

/** `trustmonitor verify BUNDLE --root FILE`, for the whole command. */
export const runAsCommand = (): Promise<void> =>
  runProcess(version, (context) =>
    new Command('trustmonitor').addCommand(verifyCommand(context, readPage)),
  );

const readPage = (): Promise<Uint8Array> => readFile(beside('verify.html'));

/** A file of the built package. */
function beside(name: string): URL {
  return new URL(name, import.meta.url);
}
