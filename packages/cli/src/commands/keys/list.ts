/** `trustmonitor keys list` */
import { Command } from 'commander';
import type { RingKey } from '@trustmonitor/protocol';
import type { ApiOptions } from '../../api/locate.ts';
import { action, type Context } from '../../context.ts';
import type { Column } from '../../output/table.ts';
import { withApiData, type JsonOption } from '../options.ts';

export function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the keys of the newest key ring, verified from this machine’s root file')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { openChain } = await import('../../keyring/chain.ts');
        const { renderTable } = await import('../../output/table.ts');
        const { terminal, settings } = context;
        const { ring } = await openChain(options, settings);
        if (options.json === true) {
          terminal.json(ring.ring);
          return undefined;
        }
        const { version, root, keys, expires, delegation } = ring.ring;
        terminal.print(renderTable(keys, columnsAt(Date.now()), terminal.paint));
        const roots = root.keys.map(({ kid }) => kid).join(', ');
        terminal.say(`\nVersion ${version}, good until ${expires}.`);
        terminal.say(`Signed by ${root.threshold} of the roots ${roots}.`);
        const regions =
          delegation?.regions.map(({ region, group }) => `${region} (${group})`) ?? [];
        if (delegation === undefined) terminal.say('Agents are enrolled by the root alone.');
        else terminal.say(`Agents may join: ${regions.join(', ') || 'no region'}.`);
        return undefined;
      }),
    );
}

function columnsAt(nowMs: number): Column<RingKey>[] {
  return [
    { title: 'ROLE', cell: ({ role }) => role },
    { title: 'AGENT', cell: ({ agent }) => agent ?? '-' },
    { title: 'REGION', cell: ({ region }) => region ?? '-' },
    { title: 'GROUP', cell: ({ group }) => group ?? '-' },
    { title: 'OPERATOR', cell: ({ operator }) => operator ?? '-' },
    { title: 'STATE', cell: (key) => stateOf(key, nowMs) },
    { title: 'KEY', cell: ({ kid }) => kid },
  ];
}

function stateOf({ revokedAtLogSize, validFor: { end } }: RingKey, nowMs: number) {
  if (revokedAtLogSize !== null) {
    return { text: `revoked from log entry ${revokedAtLogSize}`, colour: 'red' as const };
  }
  if (end === null) return { text: 'good', colour: 'green' as const };
  const hasEnded = Date.parse(end) <= nowMs;
  return { text: `${hasEnded ? 'ended' : 'ends'} ${end}`, colour: 'yellow' as const };
}
