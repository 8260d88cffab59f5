/** What `validate`, `plan` and `apply` share: a path in, monitors or a list of faults out. */
import {
  DEFAULT_OWNER,
  TrustMonitorError,
  isTrustMonitorError,
  type PlanInput,
  type PlanResult,
} from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
import type { Context } from '../context.ts';
import { formatFault, type Fault } from '../monitors-file/fault.ts';
import { loadMonitors, type LoadedMonitors } from '../monitors-file/load.ts';
import { faultsOfRefusal } from '../monitors-file/server-faults.ts';
import { printable } from '../output/printable.ts';
import { plural } from '../output/words.ts';
import type { PlanOptions } from './plan-options.ts';

/** Null, with the faults said on stderr, when anything is wrong. */
export async function loadOrReport(
  path: string,
  { terminal, settings }: Context,
): Promise<LoadedMonitors | null> {
  const result = await loadMonitors(path, settings.environment);
  if (result.ok) return result.loaded;
  reportFaults(result.faults, terminal);
  return null;
}

/** What is sent. Throws `config.invalid` for pruning without a word about whose monitors. */
export function planOf({ body }: LoadedMonitors, options: PlanOptions): PlanInput {
  const owner = options.owner ?? body.owner;
  if (options.prune === true && owner === undefined) {
    throw new TrustMonitorError('config.invalid', '--prune must know whose monitors to look at', {
      where: '--prune',
      hint:
        'write "owner: NAME" in the file, or give --owner; what was applied without a name ' +
        `has --owner ${DEFAULT_OWNER}`,
    });
  }
  return {
    ...body,
    ...(owner === undefined ? {} : { owner }),
    ...(options.prune === true ? { prune: true } : {}),
    ...(options.takeOver === true ? { takeOver: true } : {}),
  };
}

/**
 * Sends the monitors to be planned or applied. The API refuses all or none; null, with the
 * faults said at the lines they come from, when it refuses.
 */
export async function sendOrReport(
  api: ApiClient,
  method: 'plan' | 'apply',
  plan: PlanInput,
  loaded: LoadedMonitors,
  { terminal }: Context,
): Promise<PlanResult | null> {
  try {
    return await api[method](plan);
  } catch (error) {
    const faults = isTrustMonitorError(error) ? faultsOfRefusal(error, loaded) : null;
    if (faults === null) throw error;
    reportFaults(faults, terminal, isTrustMonitorError(error) ? error.hint : undefined);
    return null;
  }
}

export function reportFaults(
  faults: readonly Fault[],
  terminal: Context['terminal'],
  hint?: string,
): void {
  for (const fault of faults) terminal.say(printable(formatFault(fault)));
  if (hint !== undefined) terminal.say(`  ${terminal.paintChatter('bold', 'try:')}   ${hint}`);
  const summary = `${plural(faults.length, 'fault')}; nothing was changed`;
  terminal.say(`${terminal.paintChatter('red', 'error:')} ${summary}`);
}
