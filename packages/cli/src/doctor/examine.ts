/** Everything that a doctor looks at, whatever of it answers. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { ApiClient } from '../api/client.ts';
import { locateApi, type ApiOptions } from '../api/locate.ts';
import { askReplicas } from '../api/replicas.ts';
import { exitCodeOf } from '../output/exit-of-error.ts';
import type { Settings } from '../settings.ts';
import { pathsOf } from '../stack/paths.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { fail, worst, type Finding } from './finding.ts';
import { examineMachine } from './machine.ts';
import { examineNetwork } from './network.ts';

export interface Examination {
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

export async function examine(options: ApiOptions, settings: Settings): Promise<Examination> {
  const isElsewhere = options.url !== undefined || settings.apiUrl !== null;
  const replicas = await askReplicas(options, settings);
  // What is on this machine says nothing about an API elsewhere, but for the command itself.
  const paths = pathsOf(options.data ?? settings.dataDirectory);
  const machine = await examineMachine(paths, replicas);
  const local = isElsewhere ? machine.filter(({ name }) => name === 'node') : machine;
  try {
    const findings = [...(await askNetwork(options, settings)), ...local];
    return { findings, exit: worst(findings) === 'fail' ? EXIT.failed : EXIT.ok };
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    const advice = error.hint ?? 'see docs/errors.md for this code';
    const api = fail('api', `${error.message} (${error.code})`, advice);
    return { findings: [api, ...local], exit: exitCodeOf(error.code) };
  }
}

async function askNetwork(options: ApiOptions, settings: Settings): Promise<Finding[]> {
  const location = await locateApi(options, settings);
  const api = new ApiClient(location);
  const began = Date.now();
  const system = await api.system();
  const tookMs = Date.now() - began;
  const agents = await api.network.agents();
  return examineNetwork({
    system,
    agents,
    version: settings.version,
    url: location.url.origin,
    tookMs,
    nowMs: began + tookMs / 2,
  });
}
