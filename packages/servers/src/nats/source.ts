import type { Log } from '../running-server.ts';

/** What every way of getting a nats-server is given. */
export interface SearchContext {
  readonly env: NodeJS.ProcessEnv;
  /** Folder for what is fetched, ours alone; made when needed. */
  readonly cacheDir: string;
  readonly log: Log;
}

/** A way that did not lead to a binary says why, for the error that lists them all. */
export type SourceResult =
  | { readonly found: true; readonly path: string; readonly version: string }
  | { readonly found: false; readonly reason: string };

/** One way of getting a nats-server. `name` is what the user reads. */
export interface NatsSource {
  readonly name: string;
  readonly get: (context: SearchContext) => Promise<SourceResult>;
}
