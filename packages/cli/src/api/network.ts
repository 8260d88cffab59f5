/** Regions and agents, and the keys that they are known by. */
import type {
  AgentResource,
  DrainInput,
  DrainResource,
  Envelope,
  JoinTokenInput,
  JoinTokenResource,
  KeyRingResource,
  RegionResource,
} from '@trustmonitor/protocol';
import { parseKeyRings } from '../log/log-client.ts';
import { answers } from './answers.ts';
import { type Requests, segment, textOf } from './requests.ts';

export type DrainKind = 'region' | 'agent';

const drainPath = (kind: DrainKind, name: string): string => `/v1/${kind}s/${segment(name)}/drain`;

/** Each method throws as those of `ApiClient` do. */
export class NetworkApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  agents(): Promise<AgentResource[]> {
    return this.#requests.list('/v1/agents', answers.agentPages);
  }

  regions(): Promise<RegionResource[]> {
    return this.#requests.list('/v1/regions', answers.regionPages);
  }

  /** A token with which one agent may join. */
  async invite(body: JoinTokenInput): Promise<JoinTokenResource> {
    return this.#requests.post('/v1/agents/join-tokens', body, answers.joinTokenParser);
  }

  /** From now on nothing that the agent signs counts. */
  async revokeAgent(agent: string): Promise<KeyRingResource> {
    return this.#requests.post(
      `/v1/agents/${segment(agent)}/revoke`,
      undefined,
      answers.keyRingParser,
    );
  }

  /** Takes a region or an agent out for planned work. */
  drain(kind: DrainKind, name: string, body: DrainInput): Promise<DrainResource> {
    return this.#requests.put(drainPath(kind, name), body, answers.drainParser);
  }

  undrain(kind: DrainKind, name: string): Promise<void> {
    return this.#requests.remove(drainPath(kind, name));
  }

  /** All versions of the key ring, oldest first. */
  async keyRings(): Promise<Envelope[]> {
    const path = '/.well-known/trustmonitor/keyring.json';
    return parseKeyRings(textOf(await this.#requests.bytes(path)));
  }

  async publishKeyRings(envelopes: readonly Envelope[]): Promise<KeyRingResource> {
    return this.#requests.post('/v1/keyrings', { envelopes }, answers.keyRingParser);
  }

  /** The public root file's bytes. */
  async rootFile(): Promise<Uint8Array> {
    return this.#requests.bytes('/v1/keys/root');
  }
}
