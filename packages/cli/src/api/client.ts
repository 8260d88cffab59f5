/** The HTTP API, method by method; every answer is parsed with the protocol's schema. */
import type {
  AuditResource,
  Channel,
  CheckEvent,
  CheckInput,
  DeliveryResource,
  HealthResource,
  IncidentDetail,
  IncidentNoteResource,
  IncidentResource,
  MonitorResource,
  NoticeResource,
  PlanInput,
  PlanResult,
  RoundResource,
  Routing,
  SloDetail,
  SloResource,
  SystemResource,
} from '@trustmonitor/protocol';
import type { Settings } from '../settings.ts';
import { answers } from './answers.ts';
import { parseChanges } from './changes.ts';
import { locateApi, type ApiLocation, type ApiOptions } from './locate.ts';
import { NetworkApi } from './network.ts';
import { QuietApi } from './quiet.ts';
import { ReleasesApi } from './releases.ts';
import { Requests, segment, textOf, type ListOptions } from './requests.ts';
import { StatusPagesApi } from './status-pages.ts';
import { streamFrom, type LineStream } from './stream.ts';
import { transportTo } from './transport.ts';

/** Connects to the API that the options, the environment or the local stack name. */
export async function connectApi(options: ApiOptions, settings: Settings): Promise<ApiClient> {
  return new ApiClient(await locateApi(options, settings));
}

/** The project's own bundle, or a form that the tools of others read. */
export type EvidenceFormat = 'bundle' | 'sigstore' | 'tlog-proof';

/** Each method throws the API's own coded error, or `api.unreachable`. */
export class ApiClient {
  readonly network: NetworkApi;
  readonly quiet: QuietApi;
  readonly releases: ReleasesApi;
  readonly statusPages: StatusPagesApi;
  readonly #url: URL;
  readonly #requests: Requests;
  readonly #stream: LineStream;

  constructor(location: ApiLocation) {
    this.#url = location.url;
    this.#requests = new Requests(transportTo(location));
    this.#stream = streamFrom(location);
    this.network = new NetworkApi(this.#requests);
    this.quiet = new QuietApi(this.#requests);
    this.releases = new ReleasesApi(this.#requests);
    this.statusPages = new StatusPagesApi(this.#requests);
  }

  /** Runs a check once; its steps, as they happen. */
  async *check(body: CheckInput): AsyncGenerator<CheckEvent> {
    const accept = 'application/x-ndjson';
    const lines = this.#stream({ method: 'POST', path: '/v1/checks', body, accept });
    for await (const line of lines)
      yield answers.checkEventParser.parseJson(line, 'a step of the check');
  }

  monitors(): Promise<MonitorResource[]> {
    return this.#requests.list('/v1/monitors', answers.monitorPages);
  }

  monitor(id: string): Promise<MonitorResource> {
    return this.#requests.get(`/v1/monitors/${segment(id)}`, answers.monitorParser);
  }

  rounds(monitor: string, options: ListOptions): Promise<RoundResource[]> {
    return this.#requests.list(
      `/v1/monitors/${segment(monitor)}/rounds`,
      answers.roundPages,
      {},
      options,
    );
  }

  /** Newest first. */
  incidents(
    filter: { readonly state?: 'open' | undefined },
    options: ListOptions,
  ): Promise<IncidentResource[]> {
    const query = filter.state === undefined ? {} : { state: filter.state };
    return this.#requests.list('/v1/incidents', answers.incidentPages, query, options);
  }

  incident(id: string): Promise<IncidentDetail> {
    return this.#requests.get(`/v1/incidents/${segment(id)}`, answers.incidentParser);
  }

  /** Says who has it in hand; whoever was first stays. */
  acknowledge(id: string, body: { readonly note?: string }): Promise<IncidentNoteResource> {
    return this.#requests.post(
      `/v1/incidents/${segment(id)}/ack`,
      body,
      answers.incidentNoteParser,
    );
  }

  /** A public one is shown on status pages. */
  addNote(
    id: string,
    body: { readonly note: string; readonly public: boolean },
  ): Promise<IncidentNoteResource> {
    return this.#requests.post(
      `/v1/incidents/${segment(id)}/notes`,
      body,
      answers.incidentNoteParser,
    );
  }

  /** By hand; the reason becomes part of the signed record. */
  resolve(id: string, reason: string): Promise<IncidentResource> {
    return this.#requests.post(
      `/v1/incidents/${segment(id)}/resolve`,
      { reason },
      answers.resolvedParser,
    );
  }

  /** The bundle's bytes, exactly as the API gave them. */
  async evidence(id: string, format: EvidenceFormat): Promise<Uint8Array> {
    const path = `/v1/incidents/${segment(id)}/evidence?format=${format}`;
    return this.#requests.bytes(path);
  }

  /** The report file's bytes, exactly as the API gave them; times are RFC 3339. */
  async report(monitor: string, from: string, to: string): Promise<Uint8Array> {
    const path = `/v1/monitors/${segment(monitor)}/report`;
    return this.#requests.bytes(path, { from, to });
  }

  /** What fails in the monitoring itself just now. */
  openNotices(): Promise<NoticeResource[]> {
    return this.#requests.list('/v1/notices', answers.noticePages, { state: 'open' }, {});
  }

  /** In order of id; of one monitor, also those about several that it is one of. */
  slos(filter: { readonly monitor?: string | undefined }): Promise<SloResource[]> {
    const query = filter.monitor === undefined ? {} : { monitor: filter.monitor };
    return this.#requests.list('/v1/slos', answers.sloPages, query, {});
  }

  slo(id: string): Promise<SloDetail> {
    return this.#requests.get(`/v1/slos/${segment(id)}`, answers.sloParser);
  }

  /** Who is told of which alert. */
  routing(): Promise<Routing> {
    return this.#requests.get('/v1/routing', answers.routingParser);
  }

  channels(): Promise<Channel[]> {
    return this.#requests.list('/v1/channels', answers.channelPages);
  }

  /** Sends a test message; the answer says whether the receiver took it. */
  testChannel(id: string): Promise<DeliveryResource> {
    return this.#requests.post(`/v1/channels/${segment(id)}/test`, {}, answers.deliveryParser);
  }

  /** Newest first. */
  deliveries(channel: string, options: ListOptions): Promise<DeliveryResource[]> {
    return this.#requests.list(
      `/v1/channels/${segment(channel)}/deliveries`,
      answers.deliveryPages,
      {},
      options,
    );
  }

  /** Newest first. */
  auditLog(filter: Readonly<Record<string, string>>): Promise<AuditResource[]> {
    return this.#requests.list('/v1/audit', answers.auditPages, filter, {});
  }

  /** What applying these monitors would change. Changes nothing. */
  async plan(body: PlanInput): Promise<PlanResult> {
    return parseChanges(await this.#requests.send({ method: 'POST', path: '/v1/plan', body }));
  }

  /** Applies all of them or, when one is refused, none. */
  async apply(body: PlanInput): Promise<PlanResult> {
    return parseChanges(await this.#requests.send({ method: 'POST', path: '/v1/apply', body }));
  }

  /** An address of the console that signs a browser in, once and soon, as the token that asks. */
  async signInLink(): Promise<string> {
    const path = '/v1/session/codes';
    const { code } = await this.#requests.post(path, undefined, answers.signInCodeParser);
    return new URL(`/#sign-in=${code}`, this.#url).href;
  }

  /** How the machinery is, as the coordinator that answers sees it. */
  system(): Promise<SystemResource> {
    return this.#requests.get('/v1/system', answers.systemParser);
  }

  /** Whether the coordinator can do its job, and what keeps it from it. */
  async readiness(): Promise<HealthResource> {
    const answer = await this.#requests.send({ method: 'GET', path: '/readyz', expect: [503] });
    return answers.healthParser.parseJson(textOf(answer.bytes), 'the answer of /readyz');
  }
}
