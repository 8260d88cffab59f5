/** A broker and a database that a test kills, pauses and starts again at the same address. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startNatsServer,
  startPostgres,
  type NatsConfig,
  type RunningServer,
} from '@trustmonitor/servers';
import { testNatsBinary } from '@trustmonitor/testkit';
import { afterAll } from 'vitest';

/** Starts the server in a folder; port 0 is any free one. */
type Start = (folder: string, port: number) => Promise<RunningServer>;

export class FragileServer {
  readonly #start: Start;
  #folder: string;
  #running: RunningServer;

  private constructor(start: Start, folder: string, running: RunningServer) {
    this.#start = start;
    this.#folder = folder;
    this.#running = running;
  }

  /** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
  static async start(name: string, start: Start): Promise<FragileServer> {
    const made: FragileServer[] = [];
    afterAll(async () => {
      for (const server of made) await server.#end();
    });
    const folder = await emptyFolder(name);
    const server = new FragileServer(start, folder, await start(folder, 0));
    made.push(server);
    return server;
  }

  get url(): string {
    return this.#running.url;
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.#running.port };
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    process.kill(this.#running.pid, 'SIGKILL');
    await this.#running.exited;
  }

  async startAgain(): Promise<void> {
    this.#running = await this.#start(this.#folder, this.#running.port);
  }

  /** What it has written to disk is gone, configuration included. */
  async loseData(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    this.#folder = await emptyFolder('lost');
  }

  /** Stops it and the processes it has started, as they are, until `resume`. */
  pause(pids: readonly number[] = [this.#running.pid]): void {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
  }

  resume(pids: readonly number[] = [this.#running.pid]): void {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }

  async #end(): Promise<void> {
    await this.#running.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function emptyFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `tm-faults-${name}-`));
  await chmod(folder, 0o711); // Run by root, PostgreSQL is another user, who passes through it.
  return folder;
}

export async function fragileBroker(config: NatsConfig): Promise<FragileServer> {
  const binary = await testNatsBinary();
  return FragileServer.start('nats', (folder, port) =>
    startNatsServer({ binary, directory: folder, port, config, log: () => undefined }),
  );
}

/** With the durability of production: what it has committed survives its being killed. */
export function fragilePostgres(settings: Record<string, string> = {}): Promise<FragileServer> {
  return FragileServer.start('postgres', (folder, port) =>
    startPostgres({ dataDirectory: join(folder, 'server'), port, settings, log: () => undefined }),
  );
}
