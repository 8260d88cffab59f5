/** `trustmonitor gate --service S [--stage canary]`: may this deployment go on? */
import { Command } from 'commander';
import type { GateDecision, GateInput } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';
import { withApiData, type JsonOption } from './options.ts';

interface Options extends ApiOptions, JsonOption {
  readonly service: string;
  readonly stage?: string;
  readonly release?: string;
}

const EXIT_OF = { allowed: EXIT.ok, refused: EXIT.failed, indeterminate: EXIT.indeterminate };

export function gateCommand(context: Context): Command {
  return withApiData(new Command('gate'))
    .description('ask whether a deployment may go on')
    .requiredOption('-s, --service <name>', 'what is deployed')
    .option('--stage <stage>', 'where to (production)')
    .option('-r, --release <version>', 'which version of it')
    .addHelpText(
      'after',
      `
The answer is signed, and written to the log and to the audit log. Let a job go on with exit code 0 only.
Exit codes: 0 allowed, 1 refused, 6 nobody could judge (a fact is missing, or the policy is away);
2 no such stage, 4 the token may not ask, 5 no answer.

Example:
  $ trustmonitor gate --service checkout --stage canary && ./deploy.sh`,
    )
    .action(
      action(context, async (options: Options) => {
        const { service, stage, release } = options;
        const body: GateInput = {
          service,
          ...(stage === undefined ? {} : { stage }),
          ...(release === undefined ? {} : { version: release }),
        };
        const { connectApi } = await import('../api/client.ts');
        const decision = await (await connectApi(options, context.settings)).releases.askGate(body);
        if (options.json === true) context.terminal.json(decision);
        else await print(decision, context);
        return EXIT_OF[decision.outcome];
      }),
    );
}

const COLOUR_OF_OUTCOME = { allowed: 'green', refused: 'red', indeterminate: 'yellow' } as const;
const COLOUR_OF_RESULT = {
  passed: 'green',
  failed: 'red',
  unknown: 'yellow',
  skipped: 'dim',
} as const;

async function print(decision: GateDecision, { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { renderFacts } = await import('../output/facts.ts');
  const { gateFacts, policyName } = await import('../gate/words.ts');
  const { paint } = terminal;
  const { outcome, service, stage, rules, reasons, policy, id, digest } = decision;
  terminal.print(renderFacts(gateFacts(decision), paint));
  if (rules.length > 0) {
    const columns: Column<Rule>[] = [
      { title: 'RULE', cell: ({ rule }) => rule },
      {
        title: 'RESULT',
        cell: ({ result }) => ({ text: result, colour: COLOUR_OF_RESULT[result] }),
      },
      { title: 'WHY', cell: ({ detail }) => detail },
    ];
    terminal.print(`\n${renderTable(rules, columns, paint)}`);
  } else {
    const { printable } = await import('../output/printable.ts');
    terminal.print(`\n${policyName(policy)} says:`);
    terminal.print((reasons.length === 0 ? ['go on'] : reasons.map(printable)).join('\n'));
  }
  const word = paint(COLOUR_OF_OUTCOME[outcome], outcome.toUpperCase());
  terminal.print(`\n${word}: ${service} to ${stage}`);
  terminal.say(`Decision ${id}, signed: ${digest}`);
}

type Rule = GateDecision['rules'][number];
