/** A broker, a coordinator and agents on this machine: what most tests of the agent need. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalBytes, digestOf } from '@trustmonitor/evidence';
import {
  agentPermissions,
  formatTimestamp,
  makeUuid7,
  shardOf,
  type CheckDefinition,
  type Job,
} from '@trustmonitor/protocol';
import { pino, type Logger } from 'pino';
import {
  readConfig,
  ensureIdentity,
  startAgent,
  type AgentConfig,
  type RunningAgent,
} from '../../src/index.ts';
import { startBroker, type TestBroker } from './broker.ts';
import { TestCoordinator } from './coordinator.ts';

const NETWORK = 'test-net';
const REGION = 'eu';

export interface TestNetwork {
  readonly broker: TestBroker;
  readonly coordinator: TestCoordinator;
  /** A new, enrolled agent's settings; it is not started. */
  enrolAgent(name: string, env?: Record<string, string>): Promise<EnrolledAgent>;
  /** A job of this network for a check, fresh unless `changes` say otherwise. */
  job(check: CheckDefinition, changes?: Partial<Job>): Job;
  stop(): Promise<void>;
}

export interface EnrolledAgent {
  readonly name: string;
  readonly dataDirectory: string;
  readonly env: Record<string, string>;
  readonly config: AgentConfig;
  /** Starts it in this process. `lines` takes its log. */
  start(lines?: LogLine[]): Promise<RunningAgent>;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export async function startNetwork(): Promise<TestNetwork> {
  const coordinator = new TestCoordinator(NETWORK);
  const broker = await startBroker([coordinator.user]);
  await coordinator.start(broker.url);
  const folder = await mkdtemp(join(tmpdir(), 'tm-agent-'));
  const running: RunningAgent[] = [];

  return {
    broker,
    coordinator,
    async enrolAgent(name, extra = {}) {
      const dataDirectory = join(folder, name);
      const identity = await ensureIdentity(dataDirectory);
      await broker.admit({ nkey: identity.nkeyPublic, ...agentPermissions(name, REGION) });
      coordinator.enrol(name, REGION, identity);
      const env = {
        TM_NATS_URL: broker.url,
        TM_NETWORK: NETWORK,
        TM_REGION: REGION,
        TM_AGENT: name,
        TM_DATA_DIR: dataDirectory,
        TM_ALLOW_TARGETS: '127.0.0.0/8,::1/128',
        // The machine that runs the tests is allowed to be busy.
        TM_LOOP_DELAY_LIMIT_MS: '60000',
        ...extra,
      };
      const config = readConfig(env);
      const start = async (lines?: LogLine[]) => {
        const agent = await startAgent(config, logTo(lines));
        running.push(agent);
        return agent;
      };
      return { name, dataDirectory, env, config, start };
    },
    job: (check, changes) => jobFor(check, coordinator.now(), changes),
    async stop() {
      await Promise.all(running.map((agent) => agent.stop()));
      await coordinator.stop();
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function jobFor(check: CheckDefinition, nowMs: number, changes: Partial<Job> = {}): Job {
  const monitor = changes.monitor ?? 'shop';
  return {
    v: 1,
    network: NETWORK,
    round: makeUuid7(nowMs, randomBytes(10)),
    monitor,
    region: REGION,
    shard: shardOf(monitor),
    phase: 'primary',
    issuedAt: formatTimestamp(nowMs),
    expiresInMs: 10_000,
    check: { digest: digestOf(canonicalBytes(check)), definition: check },
    secrets: {},
    ...changes,
  };
}

/** A plain GET of `url`. */
export function httpCheck(url: string, changes: Partial<CheckDefinition> = {}): CheckDefinition {
  return {
    type: 'http',
    url,
    timeoutMs: 5_000,
    assertions: [{ subject: 'status', op: '<', value: 400 }],
    degradedAfterMs: null,
    retries: { count: 0, backoffMs: 10, classes: [] },
    http: {
      method: 'GET',
      headers: {},
      body: null,
      auth: null,
      version: '1.1',
      followRedirects: false,
      maxRedirects: 0,
      maxBodyBytes: 1_048_576,
      ipFamily: 'any',
      tls: { verify: true, serverName: null, ca: null, client: null },
      traceparent: true,
    },
    ...changes,
  } as CheckDefinition;
}

export function logTo(lines: LogLine[] = []): Logger {
  const write = (text: string) => void lines.push(JSON.parse(text) as LogLine);
  return pino({ level: 'debug' }, { write });
}
