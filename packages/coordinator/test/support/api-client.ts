/** The HTTP API over real HTTP, as a stranger would use it. */
import type {
  AgentResource,
  IncidentDetail,
  IncidentResource,
  MonitorResource,
  Problem,
  RoundDetail,
  RoundResource,
} from '@trustmonitor/protocol';
import { until } from './until.ts';

export interface List<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export interface Request {
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ApiClient {
  readonly url: string;
  readonly #token: string | null;
  constructor(url: string, token: string | null) {
    this.url = url;
    this.#token = token;
  }

  as(token: string | null): ApiClient {
    return new ApiClient(this.url, token);
  }

  async call<T = Problem>(method: string, path: string, request: Request = {}): Promise<Answer<T>> {
    const body = request.raw ?? (request.body === undefined ? null : JSON.stringify(request.body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      body,
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const isJson = type.includes('json') && !type.includes('ndjson') && text !== '';
    return {
      status: response.status,
      type,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : null) as T,
    };
  }

  get = <T>(path: string) => this.#ok<T>('GET', path);
  monitor = (id: string) => this.get<MonitorResource>(`/v1/monitors/${id}`);
  rounds = (id: string) => this.get<List<RoundResource>>(`/v1/monitors/${id}/rounds?limit=200`);
  round = (id: string) => this.get<RoundDetail>(`/v1/rounds/${id}`);
  incidents = (id: string) => this.get<List<IncidentResource>>(`/v1/incidents?monitor=${id}`);
  incident = (id: string) => this.get<IncidentDetail>(`/v1/incidents/${id}`);
  agents = () => this.get<List<AgentResource>>('/v1/agents');

  async evidence(id: string): Promise<Uint8Array> {
    const { status, text } = await this.call('GET', `/v1/incidents/${id}/evidence`);
    if (status !== 200) throw new Error(`evidence of ${id}: ${status} ${text}`);
    return new TextEncoder().encode(text);
  }

  /** Writes a monitor that is quick enough for a test. */
  async create(id: string, settings: Record<string, unknown> = {}): Promise<MonitorResource> {
    const { status, text, body } = await this.call<MonitorResource>('PUT', `/v1/monitors/${id}`, {
      body: quick(id, settings),
    });
    if (status !== 200) throw new Error(`PUT ${id}: ${status} ${text}`);
    return body;
  }

  verdict = (id: string, verdict: MonitorResource['verdict']) =>
    until(`${id} to be ${verdict}`, async () => (await this.monitor(id)).verdict === verdict);

  incidentOf = (id: string, state: IncidentResource['state']) =>
    until(`${id} to have an incident that is ${state}`, async () =>
      (await this.incidents(id)).data.find((incident) => incident.state === state),
    );

  async #ok<T>(method: string, path: string): Promise<T> {
    const { status, text, body } = await this.call<T>(method, path);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
    return body;
  }
}

/** Rounds follow each other at once until something is confirmed, then every `interval`. */
export function quick(id: string, settings: Record<string, unknown> = {}) {
  return {
    name: id,
    url: `https://${id}.example/`,
    interval: '1s',
    timeout: '200ms',
    mode: 'all',
    confirm: { rounds: 2, after: '0s' },
    ...settings,
  };
}
