export type { Log, RunningServer, ServerExit } from './running-server.ts';
export { findNatsServer, type NatsBinary } from './nats/find.ts';
export type { SearchContext } from './nats/source.ts';
export { renderTrust, type NatsConfig, type NatsTrust, type NatsUser } from './nats/config.ts';
export { startNatsServer, type RunningNats, type StartNatsOptions } from './nats/start.ts';
export {
  startPostgres,
  type Durability,
  type RunningPostgres,
  type StartPostgresOptions,
} from './postgres/start.ts';
