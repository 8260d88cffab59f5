/** How an error ends a command: what happened, where, what to do. */
import { isTrustMonitorError, type TrustMonitorError } from '@trustmonitor/protocol';
import { EXIT, type ExitCode } from '../exit.ts';
import { exitCodeOf } from './exit-of-error.ts';
import type { Paint } from './paint.ts';
import type { Terminal } from './terminal.ts';

/** Says what went wrong on stderr and gives the exit code for it. */
export function reportError(error: unknown, terminal: Terminal): ExitCode {
  if (isTrustMonitorError(error)) {
    terminal.say(describeError(error, terminal.paintChatter));
    return exitCodeOf(error.code);
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.say(`${terminal.paintChatter('red', 'error:')} a fault of our own; please report it`);
  terminal.say(stack);
  return EXIT.failed;
}

function describeError(error: TrustMonitorError, paint: Paint): string {
  const lines = [`${paint('red', 'error:')} ${error.message}`];
  const isSaid = error.where === undefined || error.message.includes(error.where);
  if (!isSaid) lines.push(`  where: ${error.where}`);
  for (const { pointer, detail } of restOf(error)) lines.push(`  ${pointer || '/'}: ${detail}`);
  if (error.hint !== undefined) lines.push(`  ${paint('bold', 'try:')}   ${error.hint}`);
  lines.push(paint('dim', `  code:  ${error.code}`));
  return lines.join('\n');
}

/** The field errors that the message does not tell already. */
function restOf(error: TrustMonitorError): TrustMonitorError['fields'] {
  return error.fields.filter(({ detail }) => !error.message.includes(detail));
}
