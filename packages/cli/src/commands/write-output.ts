/** Whole files as output: to stdout or to a file, as asked. */
import { writeFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Context } from '../context.ts';

/** A page of JSON in a terminal helps nobody. Throws `config.invalid` with what to type. */
export function refuseTerminal(
  output: string | undefined,
  command: string,
  { terminal }: Context,
): void {
  if (output !== undefined || !terminal.stdoutIsTerminal) return;
  throw new TrustMonitorError('config.invalid', 'this is a file for programs, not for a terminal', {
    where: 'stdout',
    hint: `${command} > bundle.json, or name a file with -o`,
  });
}

/** Throws `data.unwritable`. */
export async function writeOutput(
  output: string | undefined,
  bytes: Uint8Array,
  { terminal }: Context,
): Promise<void> {
  if (output === undefined || output === '-') {
    terminal.raw(bytes);
    return;
  }
  await writeFile(output, bytes).catch((cause: unknown) => {
    throw new TrustMonitorError('data.unwritable', `${output} cannot be written`, {
      where: output,
      hint: 'check that its folder exists and that this user may write there',
      cause,
    });
  });
  terminal.say(`Wrote ${output} (${bytes.length} bytes).`);
}
