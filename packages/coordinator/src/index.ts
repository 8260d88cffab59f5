export { readConfig, type CoordinatorConfig } from './config.ts';
export { RUNBOOK_NAMES } from './runbooks.ts';
export { startCoordinator, type RunningCoordinator } from './coordinator.ts';
export { ensureSharedSecrets, type SharedSecretFiles } from './shared-secrets.ts';
