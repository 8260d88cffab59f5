/** A coordinator in this process on a real broker and a real database, with hand-driven agents. */
import { agentPermissions, coordinatorPermissions, type Vote } from '@trustmonitor/protocol';
import { createTestDatabase, testNats } from '@trustmonitor/testkit';
import { DEFAULT_STAGES } from '@trustmonitor/alerting';
import { publicNkey } from '@trustmonitor/bus';
import { pino, type Logger } from 'pino';
import { afterAll, onTestFailed } from 'vitest';
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoordinatorConfig } from '../../src/config.ts';
import {
  startCoordinator,
  type CoordinatorOptions,
  type RunningCoordinator,
} from '../../src/coordinator.ts';
import { ApiClient } from './api-client.ts';
import { Sql, template } from './database.ts';
import { HandAgent, type Behaviour } from './hand-agent.ts';
import { NETWORK, makeKeys, type AgentSpec, type NetworkKeys } from './keys.ts';
import { PUBLIC_URL } from './test-browser.ts';

/** Three regions of three groups. */
export const THREE: readonly AgentSpec[] = ['ap', 'eu', 'us'].map((region) => ({
  agent: `${region}-1`,
  region,
  group: `group-${region}`,
}));

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export class TestNetwork {
  readonly keys: NetworkKeys;
  readonly sql: Sql;
  readonly config: CoordinatorConfig;
  readonly logs: LogLine[] = [];
  readonly #agents = new Map<string, HandAgent>();
  readonly #running = new Set<RunningCoordinator>();
  #current: RunningCoordinator | null = null;
  #closed = false;

  /** Process id of the nats-server, for tests that pause it. */
  readonly brokerPid: number;

  constructor(
    keys: NetworkKeys,
    config: CoordinatorConfig,
    servers: { databaseUrl: string; brokerPid: number },
  ) {
    const { databaseUrl } = servers;
    this.brokerPid = servers.brokerPid;
    this.keys = keys;
    this.config = config;
    this.sql = new Sql(databaseUrl);
  }

  /** The API of the coordinator that was started last. */
  api!: ApiClient;

  get coordinator(): RunningCoordinator {
    if (this.#current === null) throw new Error('no coordinator runs');
    return this.#current;
  }

  agent(name: string): HandAgent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`no agent ${name}`);
    return agent;
  }

  get agents(): HandAgent[] {
    return [...this.#agents.values()];
  }

  /** All agents answer jobs of the monitor like this from now on. */
  behave(monitor: string, behaviour: Behaviour): void {
    for (const agent of this.agents) agent.behave(monitor, behaviour);
  }

  /** Each region votes as it is told to; one that is not named is silent. */
  vote(monitor: string, votes: Readonly<Record<string, Vote>>): void {
    this.behave(monitor, ({ region }) => votes[region] ?? null);
  }

  voteAll(monitor: string, vote: Vote): void {
    this.behave(monitor, () => vote);
  }

  async connect(): Promise<void> {
    for (const keys of this.keys.agents.values()) {
      this.#agents.set(keys.agent, await HandAgent.connect(this.config.natsUrl, keys));
    }
  }

  /** Starts a coordinator on the same database, keys and broker. */
  async start(
    changes: Partial<CoordinatorConfig> = {},
    options: CoordinatorOptions = {},
  ): Promise<RunningCoordinator> {
    const started = await startCoordinator({ ...this.config, ...changes }, this.log(), options);
    this.#running.add(started);
    this.#current = started;
    this.api = new ApiClient(started.url, await this.token());
    // Each message leaves at once and by itself, unless a test says something else.
    await this.sql.rows(
      `insert into routing (definition) values ('{"groupIntervalMs": 0}') on conflict do nothing`,
    );
    return started;
  }

  async stop(coordinator = this.coordinator): Promise<void> {
    this.#running.delete(coordinator);
    await coordinator.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async token(): Promise<string> {
    return (await readFile(this.config.adminTokenFile, 'utf8')).trim();
  }

  log(): Logger {
    return pino(
      { level: 'debug' },
      { write: (line: string) => void this.logs.push(JSON.parse(line) as LogLine) },
    );
  }

  /** Prints what the coordinator logged when the running test fails. */
  showLogsOnFailure(): void {
    onTestFailed(() => {
      const lines = this.logs.slice(-60).map((line) => JSON.stringify(line));
      process.stderr.write(`${lines.join('\n')}\n`);
    });
  }

  /** Stops and disconnects everything; a second time does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const coordinator of this.#running) await coordinator.stop();
    for (const agent of this.agents) await agent.close();
    await this.sql.close();
  }
}

/** Call it at the top of a test file, outside of hooks; it starts nothing and cleans up by itself. */
export async function testNetwork(
  specs: readonly AgentSpec[] = THREE,
  options: { databaseUrl?: (url: string) => Promise<string> } = {},
): Promise<TestNetwork> {
  const keysMade = makeKeys(specs);
  const databaseMade = createTestDatabase({ template });
  const natsUsers = (keys: NetworkKeys) => [
    {
      nkey: publicNkey(keys.coordinatorSeed),
      ...coordinatorPermissions('coordinator'),
      allowResponses: true,
    },
    ...[...keys.agents.values()].map(({ nkey, agent, region }) => ({
      nkey,
      ...agentPermissions(agent, region),
    })),
  ];
  const keys = await keysMade;
  const { url } = await databaseMade;
  const nats = await testNats({ users: natsUsers(keys) });
  await writeFile(join(keys.folder, 'nats.seed'), keys.coordinatorSeed, { mode: 0o600 });
  const network = new TestNetwork(
    keys,
    {
      databaseUrl: (await options.databaseUrl?.(url)) ?? url,
      natsUrl: nats.url,
      natsSeed: keys.coordinatorSeed,
      network: NETWORK,
      reportKeyFile: keys.reportKeyFile,
      rootFile: keys.rootFile,
      keyringFile: keys.keyringFile,
      logKeyFile: null,
      pushKeyFile: keys.pushKeyFile,
      enrolmentKeyFile: keys.enrolmentKeyFile,
      natsAccountSeed: null,
      natsAdvertise: 'nats://broker.example:4222',
      witnessUrls: new Map(),
      httpHost: '127.0.0.1',
      httpPort: 0,
      trustedProxies: [],
      publicUrl: PUBLIC_URL,
      adminTokenFile: join(keys.folder, 'admin.token'),
      secretKeyFile: join(keys.folder, 'secret.key'),
      retention: { rawDays: 14, minuteDays: 7, hourDays: 180, deliveryDays: 90 },
      traceUrlTemplate: null,
      dashboardUrlTemplate: null,
      tracesUrl: null,
      metrics: { isPublic: false, monitors: 2_000 },
      deadMan: null,
      gate: { stages: DEFAULT_STAGES, opa: null },
      oidc: null,
      logLevel: 'debug',
    },
    { databaseUrl: url, brokerPid: nats.pid },
  );
  // Registered last, so that it comes first: the broker and the database go after their clients.
  afterAll(() => network.close());
  await network.connect();
  return network;
}
