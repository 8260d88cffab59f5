/** Clients of a test's nats-server: their keys, what they may do, and their connections. */
import { agentPermissions, coordinatorPermissions, type Permissions } from '@trustmonitor/protocol';
import { createNkeySeed, publicNkey } from '@trustmonitor/bus';

export interface TestClient {
  readonly client: string;
  readonly seed: string;
  readonly user: {
    readonly nkey: string;
    readonly publish: readonly string[];
    readonly subscribe: readonly string[];
  };
}

export const agentClient = (agent: string, region: string): TestClient =>
  testClient(agent, agentPermissions(agent, region));

export const coordinatorClient = (name: string): TestClient =>
  testClient(name, coordinatorPermissions(name));

function testClient(client: string, { publish, subscribe }: Permissions): TestClient {
  const seed = createNkeySeed();
  return { client, seed, user: { nkey: publicNkey(seed), publish, subscribe } };
}
