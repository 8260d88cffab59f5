/** `trustmonitor keys`: the key ring and the root that vouches for it. */
import { Command } from 'commander';
import type { Context } from '../../context.ts';
import { draftCommands } from './draft.ts';
import { initCommand } from './init.ts';
import { leafCommand } from './leaf.ts';
import { listCommand } from './list.ts';
import { regionCommand } from './region.ts';
import { renewCommand } from './renew.ts';
import { revokeCommand } from './revoke.ts';
import { rootCommand } from './root.ts';
import { rotateCommand } from './rotate.ts';

export function keysCommand(context: Context): Command {
  const command = new Command('keys').description('the key ring, and the root that vouches for it');
  command.addCommand(rootCommand(context));
  command.addCommand(listCommand(context));
  command.addCommand(initCommand(context));
  command.addCommand(renewCommand(context));
  command.addCommand(rotateCommand(context));
  command.addCommand(revokeCommand(context));
  command.addCommand(regionCommand(context));
  command.addCommand(leafCommand(context));
  for (const one of draftCommands(context)) command.addCommand(one);
  return command;
}
