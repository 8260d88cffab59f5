/** The HTTP API as the tests use it. */
import type {
  AgentResource,
  IncidentDetail,
  IncidentResource,
  MonitorResource,
  Problem,
  RoundDetail,
  RoundResource,
} from '@trustmonitor/protocol';

import { IN_VAIN_MS, until } from './until.ts';

interface List<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export class ApiClient {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  agents = () => this.#get<List<AgentResource>>('/v1/agents');
  monitor = (id: string) => this.#get<MonitorResource>(`/v1/monitors/${id}`);
  rounds = (id: string) => this.#get<List<RoundResource>>(`/v1/monitors/${id}/rounds?limit=200`);
  round = (id: string) => this.#get<RoundDetail>(`/v1/rounds/${id}`);
  incidents = (monitor: string) =>
    this.#get<List<IncidentResource>>(`/v1/incidents?monitor=${monitor}`);
  incident = (id: string) => this.#get<IncidentDetail>(`/v1/incidents/${id}`);

  /** The bundle's bytes, as they would be saved to a file. */
  async evidence(id: string): Promise<Uint8Array> {
    // Until the witnesses have cosigned a checkpoint over the record, it is pending.
    const cosigned = async (): Promise<Response | null> => {
      const answer = await this.#fetch('GET', `/v1/incidents/${id}/evidence`);
      return answer.status === 409 ? null : answer;
    };
    const response = await until(`evidence of ${id}`, cosigned, 30_000, IN_VAIN_MS);
    if (!response.ok) throw new Error(`evidence: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Any call, whatever it answers. */
  async call<T = Problem>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await this.#fetch(method, path, body, headers);
    const text = await response.text();
    const parsed = (text === '' ? null : JSON.parse(text)) as T;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  async #get<T>(path: string): Promise<T> {
    const { status, body } = await this.call<T>('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  #fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
