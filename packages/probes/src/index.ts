export type { Attempt, Probe, ProbeContext, ResolverSettings } from './probe.ts';
export { createGuard, type Guard } from './guard.ts';
export { PROBES } from './registry.ts';
export { runCheck, type Random } from './run-check.ts';
export { validateCheck } from './validate.ts';
