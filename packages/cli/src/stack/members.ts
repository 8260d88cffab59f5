/** The agents of a local stack: three regions on one machine, each a voting group of its own. */
import { ensureIdentity, type AgentIdentity } from '@trustmonitor/agent';
import { join } from 'node:path';
import type { StackPaths } from './paths.ts';

export interface LocalAgent {
  readonly agent: string;
  readonly region: string;
  readonly group: string;
}

/**
 * The groups are asserted, not real: one machine has one provider. They make the quorum work as
 * it would across the world, and `up` says what they are.
 */
const LOCAL_AGENTS: readonly LocalAgent[] = [
  { agent: 'eu-west-1', region: 'eu-west', group: 'local-eu' },
  { agent: 'us-east-1', region: 'us-east', group: 'local-us' },
  { agent: 'ap-south-1', region: 'ap-south', group: 'local-ap' },
];

/** One hand runs all of them, and the key ring says so. */
export const LOCAL_OPERATOR = 'local';

export interface Member extends LocalAgent {
  readonly dataDirectory: string;
  readonly identity: AgentIdentity;
}

/** Each agent's own keys are made by the agent's own code, in its own folder. */
export function ensureMembers(paths: StackPaths): Promise<Member[]> {
  return Promise.all(
    LOCAL_AGENTS.map(async (local) => {
      const dataDirectory = join(paths.agentsFolder, local.agent);
      return { ...local, dataDirectory, identity: await ensureIdentity(dataDirectory) };
    }),
  );
}
