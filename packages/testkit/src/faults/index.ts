export { startFaultProxy, type FaultProxy } from './proxy.ts';
export type { Direction, Toxics } from './toxics.ts';
