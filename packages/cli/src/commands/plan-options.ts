/** The options of `plan` and `apply`. */
import { InvalidArgumentError, type Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { withApiData, type JsonOption } from './options.ts';

export interface PlanOptions extends ApiOptions, JsonOption {
  readonly owner?: string;
  readonly prune?: boolean;
  readonly takeOver?: boolean;
}

/** The argument and the options of `plan` and `apply`. */
export function withPlanOptions(command: Command): Command {
  return withApiData(command)
    .argument('<path>', 'file, or folder of *.yaml files')
    .option('--owner <name>', 'whose monitors they are (`owner` in the file)', ownerName)
    .option('--prune', 'delete what this owner has applied before and is not there any more')
    .option('--take-over', 'also write monitors that another owner has applied');
}

/** As the protocol says it, without loading all of that for every `--help`. */
const OWNER_NAME = /^[a-z0-9](?:[a-z0-9._/-]{0,98}[a-z0-9])?$/;

export function ownerName(text: string): string {
  if (OWNER_NAME.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be 1 to 100 lower-case letters, digits and . _ - /, such as acme/shop.',
  );
}
