export { startAgent, type AgentOptions, type RunningAgent } from './agent.ts';
export {
  AGENT_SETTINGS,
  readConfig,
  type AgentConfig,
  type CanaryTarget,
  type Environment,
} from './config.ts';
export { joinNetwork, type JoinOptions } from './membership/join.ts';
export { writeCredential } from './membership/credential.ts';
export { ensureIdentity, type AgentIdentity } from './identity.ts';
