/** How a server's process ended; exactly one of the two is set. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that is up and accepts connections on loopback. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** Connection URL on 127.0.0.1. PostgreSQL's holds the superuser's password. */
  readonly url: string;
  /** The file that takes everything the server writes. */
  readonly logFile: string;
  /** Resolves (never rejects) when the process is gone, asked to or not. */
  readonly exited: Promise<ServerExit>;
  /** Ends the server in good order, by force after a grace; safe to call again. */
  readonly stop: () => Promise<void>;
}

/** Takes one plain line about what is being done. Nothing else is ever printed. */
export type Log = (line: string) => void;
