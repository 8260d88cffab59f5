/** `trustmonitor log ...`: what anybody can hold the transparency log to. */
import { Command } from 'commander';
import type { Context } from '../context.ts';
import { logAuditCommand } from './log-audit.ts';
import { logCompareCommand } from './log-compare.ts';

export function logCommand(context: Context): Command {
  return new Command('log')
    .description('audit the transparency log')
    .addCommand(logAuditCommand(context))
    .addCommand(logCompareCommand(context));
}
