/** The HTTP API, method by method; every answer is parsed with the protocol's schema. */
import {
  AgentResource,
  AuditResource,
  Channel,
  CheckEvent,
  DeliveryResource,
  DeploymentResource,
  DoraMetrics,
  GateDecision,
  HealthResource,
  IncidentDetail,
  IncidentNoteResource,
  IncidentResource,
  JoinTokenResource,
  MaintenanceResource,
  KeyRingResource,
  MonitorResource,
  PageOf,
  NoticeResource,
  RegionResource,
  RoundResource,
  Routing,
  SilenceResource,
  SloDetail,
  SloResource,
  StatusPage,
  StatusPageFiles,
  SystemResource,
  parserOf,
  type Envelope,
  type JoinTokenInput,
  type MaintenanceInput,
  type CheckInput,
  type DeploymentInput,
  type GateInput,
  type Parser,
  type PlanInput,
  type PlanResult,
  type SilenceInput,
} from '@trustmonitor/protocol';
import { parseKeyRings } from '../log/log-client.ts';
import type { Settings } from '../settings.ts';
import { parseChanges } from './changes.ts';
import { locateApi, type ApiLocation, type ApiOptions } from './locate.ts';
import { streamFrom, type LineStream } from './stream.ts';
import { transportTo, type Transport } from './transport.ts';

/** Most entries that one request may ask for. */
const PAGE_SIZE = 200;

export interface ListOptions {
  /** The most entries wanted; all of them when not given. */
  readonly limit?: number | undefined;
}

/** Connects to the API that the options, the environment or the local stack name. */
export async function connectApi(options: ApiOptions, settings: Settings): Promise<ApiClient> {
  return new ApiClient(await locateApi(options, settings));
}

/** The project's own bundle, or a form that the tools of others read. */
export type EvidenceFormat = 'bundle' | 'sigstore' | 'tlog-proof';

/** Each method throws the API's own coded error, or `api.unreachable`. */
export class ApiClient {
  readonly #send: Transport;
  readonly #stream: LineStream;

  constructor(location: ApiLocation) {
    this.#send = transportTo(location);
    this.#stream = streamFrom(location);
  }

  /** Runs a check once; its steps, as they happen. */
  async *check(body: CheckInput): AsyncGenerator<CheckEvent> {
    const accept = 'application/x-ndjson';
    const lines = this.#stream({ method: 'POST', path: '/v1/checks', body, accept });
    for await (const line of lines) yield checkEventParser.parseJson(line, 'a step of the check');
  }

  monitors(): Promise<MonitorResource[]> {
    return this.#list('/v1/monitors', monitorPages, {}, {});
  }

  monitor(id: string): Promise<MonitorResource> {
    return this.#get(`/v1/monitors/${segment(id)}`, monitorParser);
  }

  rounds(monitor: string, options: ListOptions): Promise<RoundResource[]> {
    return this.#list(`/v1/monitors/${segment(monitor)}/rounds`, roundPages, {}, options);
  }

  /** Newest first. */
  incidents(
    filter: { readonly state?: 'open' | undefined },
    options: ListOptions,
  ): Promise<IncidentResource[]> {
    const query = filter.state === undefined ? {} : { state: filter.state };
    return this.#list('/v1/incidents', incidentPages, query, options);
  }

  incident(id: string): Promise<IncidentDetail> {
    return this.#get(`/v1/incidents/${segment(id)}`, incidentParser);
  }

  /** Says who has it in hand; whoever was first stays. */
  acknowledge(id: string, body: { readonly note?: string }): Promise<IncidentNoteResource> {
    return this.#post(`/v1/incidents/${segment(id)}/ack`, body, incidentNoteParser);
  }

  /** By hand; the reason becomes part of the signed record. */
  resolve(id: string, reason: string): Promise<IncidentResource> {
    return this.#post(`/v1/incidents/${segment(id)}/resolve`, { reason }, resolvedParser);
  }

  /** The bundle's bytes, exactly as the API gave them. */
  async evidence(id: string, format: EvidenceFormat): Promise<Uint8Array> {
    const path = `/v1/incidents/${segment(id)}/evidence?format=${format}`;
    return (await this.#send({ method: 'GET', path })).bytes;
  }

  /** The report file's bytes, exactly as the API gave them; times are RFC 3339. */
  async report(monitor: string, from: string, to: string): Promise<Uint8Array> {
    const path = `/v1/monitors/${segment(monitor)}/report`;
    return (await this.#send({ method: 'GET', path, query: { from, to } })).bytes;
  }

  agents(): Promise<AgentResource[]> {
    return this.#list('/v1/agents', agentPages, {}, {});
  }

  /** A token with which one agent may join. */
  async invite(body: JoinTokenInput): Promise<JoinTokenResource> {
    return this.#post('/v1/agents/join-tokens', body, joinTokenParser);
  }

  /** From now on nothing that the agent signs counts. */
  async revokeAgent(agent: string): Promise<KeyRingResource> {
    return this.#post(`/v1/agents/${segment(agent)}/revoke`, undefined, keyRingParser);
  }

  /** All versions of the key ring, oldest first. */
  async keyRings(): Promise<Envelope[]> {
    const path = '/.well-known/trustmonitor/keyring.json';
    return parseKeyRings(textOf((await this.#send({ method: 'GET', path })).bytes));
  }

  async publishKeyRings(envelopes: readonly Envelope[]): Promise<KeyRingResource> {
    return this.#post('/v1/keyrings', { envelopes }, keyRingParser);
  }

  /** What fails in the monitoring itself just now. */
  openNotices(): Promise<NoticeResource[]> {
    return this.#list('/v1/notices', noticePages, { state: 'open' }, {});
  }

  /** In order of id; of one monitor, also those about several that it is one of. */
  slos(filter: { readonly monitor?: string | undefined }): Promise<SloResource[]> {
    const query = filter.monitor === undefined ? {} : { monitor: filter.monitor };
    return this.#list('/v1/slos', sloPages, query, {});
  }

  slo(id: string): Promise<SloDetail> {
    return this.#get(`/v1/slos/${segment(id)}`, sloParser);
  }

  /** Who is told of which alert. */
  routing(): Promise<Routing> {
    return this.#get('/v1/routing', routingParser);
  }

  /** Newest first; those that are not over, or all. */
  silences(isAll: boolean): Promise<SilenceResource[]> {
    return this.#list('/v1/silences', silencePages, isAll ? {} : { state: 'open' }, {});
  }

  addSilence(body: SilenceInput): Promise<SilenceResource> {
    return this.#post('/v1/silences', body, silenceParser);
  }

  async endSilence(id: string): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v1/silences/${segment(id)}` });
  }

  channels(): Promise<Channel[]> {
    return this.#list('/v1/channels', channelPages, {}, {});
  }

  /** Sends a test message; the answer says whether the receiver took it. */
  testChannel(id: string): Promise<DeliveryResource> {
    return this.#post(`/v1/channels/${segment(id)}/test`, {}, deliveryParser);
  }

  /** Newest first. */
  deliveries(channel: string, options: ListOptions): Promise<DeliveryResource[]> {
    return this.#list(`/v1/channels/${segment(channel)}/deliveries`, deliveryPages, {}, options);
  }

  statusPages(): Promise<StatusPage[]> {
    return this.#list('/v1/status-pages', statusPagePages, {}, {});
  }

  async writeStatusPage(page: StatusPage): Promise<StatusPage> {
    const path = `/v1/status-pages/${segment(page.id)}`;
    const { bytes } = await this.#send({ method: 'PUT', path, body: page });
    return statusPageParser.parseJson(textOf(bytes), `the answer of ${path}`);
  }

  /** The page as files that are served at `base`, an address with a slash at its end. */
  async statusPageFiles(id: string, base: string): Promise<StatusPageFiles> {
    const path = `/v1/status-pages/${segment(id)}/files`;
    const { bytes } = await this.#send({ method: 'GET', path, query: { base } });
    return statusPageFilesParser.parseJson(textOf(bytes), `the answer of ${path}`);
  }

  addDeployment(body: DeploymentInput): Promise<DeploymentResource> {
    return this.#post('/v1/deployments', body, deploymentParser);
  }

  /** What was told last comes first. */
  deployments(
    filter: Readonly<Record<string, string>>,
    options: ListOptions,
  ): Promise<DeploymentResource[]> {
    return this.#list('/v1/deployments', deploymentPages, filter, options);
  }

  dora(query: Readonly<Record<string, string>>): Promise<DoraMetrics> {
    return this.#get('/v1/dora', doraParser, query);
  }

  /** What is decided is written down, whatever it is. */
  askGate(body: GateInput): Promise<GateDecision> {
    return this.#post('/v1/gate', body, decisionParser);
  }

  /** Newest first. */
  gateDecisions(filter: Readonly<Record<string, string>>): Promise<GateDecision[]> {
    return this.#list('/v1/gate/decisions', decisionPages, filter, {});
  }

  /** Newest first. */
  auditLog(filter: Readonly<Record<string, string>>): Promise<AuditResource[]> {
    return this.#list('/v1/audit', auditPages, filter, {});
  }

  maintenance(): Promise<MaintenanceResource[]> {
    return this.#list('/v1/maintenance', maintenancePages, {}, {});
  }

  /** Planned, and announced in the log if it begins within a day. */
  planMaintenance(window: MaintenanceInput): Promise<MaintenanceResource> {
    return this.#post('/v1/maintenance', window, maintenanceParser);
  }

  /** Ends what runs of it now. */
  endMaintenance(id: string): Promise<MaintenanceResource> {
    return this.#post(`/v1/maintenance/${segment(id)}/end`, undefined, maintenanceParser);
  }

  async removeMaintenance(id: string): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v1/maintenance/${segment(id)}` });
  }

  regions(): Promise<RegionResource[]> {
    return this.#list('/v1/regions', regionPages, {}, {});
  }

  /** The public root file's bytes. */
  async rootFile(): Promise<Uint8Array> {
    return (await this.#send({ method: 'GET', path: '/v1/keys/root' })).bytes;
  }

  /** What applying these monitors would change. Changes nothing. */
  async plan(body: PlanInput): Promise<PlanResult> {
    return parseChanges(await this.#send({ method: 'POST', path: '/v1/plan', body }));
  }

  /** Applies all of them or, when one is refused, none. */
  async apply(body: PlanInput): Promise<PlanResult> {
    return parseChanges(await this.#send({ method: 'POST', path: '/v1/apply', body }));
  }

  /** How the machinery is, as the coordinator that answers sees it. */
  system(): Promise<SystemResource> {
    return this.#get('/v1/system', systemParser);
  }

  /** Whether the coordinator can do its job, and what keeps it from it. */
  async readiness(): Promise<HealthResource> {
    const answer = await this.#send({ method: 'GET', path: '/readyz', expect: [503] });
    return healthParser.parseJson(textOf(answer.bytes), 'the answer of /readyz');
  }

  async #get<T>(
    path: string,
    parser: Parser<T>,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const { bytes } = await this.#send({ method: 'GET', path, query });
    return parser.parseJson(textOf(bytes), `the answer of ${path}`);
  }

  async #post<T>(path: string, body: unknown, parser: Parser<T>): Promise<T> {
    const { bytes } = await this.#send({ method: 'POST', path, body });
    return parser.parseJson(textOf(bytes), `the answer of ${path}`);
  }

  async #list<T>(
    path: string,
    parser: Parser<Page<T>>,
    filter: Readonly<Record<string, string>>,
    { limit = Number.POSITIVE_INFINITY }: ListOptions,
  ): Promise<T[]> {
    const entries: T[] = [];
    let cursor: string | null = null;
    do {
      const query = {
        ...filter,
        limit: Math.min(PAGE_SIZE, limit - entries.length),
        ...(cursor === null ? {} : { cursor }),
      };
      const { bytes } = await this.#send({ method: 'GET', path, query });
      const page: Page<T> = parser.parseJson(textOf(bytes), `the answer of ${path}`);
      entries.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null && entries.length < limit);
    return entries;
  }
}

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** An answer that does not fit comes from another version of the API: a message misread. */
const MISFIT = 'message.malformed';
const monitorPages = parserOf(PageOf(MonitorResource), MISFIT);
const monitorParser = parserOf(MonitorResource, MISFIT);
const roundPages = parserOf(PageOf(RoundResource), MISFIT);
const incidentPages = parserOf(PageOf(IncidentResource), MISFIT);
const incidentParser = parserOf(IncidentDetail, MISFIT);
const resolvedParser = parserOf(IncidentResource, MISFIT);
const incidentNoteParser = parserOf(IncidentNoteResource, MISFIT);
const agentPages = parserOf(PageOf(AgentResource), MISFIT);
const noticePages = parserOf(PageOf(NoticeResource), MISFIT);
const sloPages = parserOf(PageOf(SloResource), MISFIT);
const sloParser = parserOf(SloDetail, MISFIT);
const channelPages = parserOf(PageOf(Channel), MISFIT);
const deliveryParser = parserOf(DeliveryResource, MISFIT);
const deliveryPages = parserOf(PageOf(DeliveryResource), MISFIT);
const deploymentParser = parserOf(DeploymentResource, MISFIT);
const deploymentPages = parserOf(PageOf(DeploymentResource), MISFIT);
const doraParser = parserOf(DoraMetrics, MISFIT);
const decisionParser = parserOf(GateDecision, MISFIT);
const decisionPages = parserOf(PageOf(GateDecision), MISFIT);
const auditPages = parserOf(PageOf(AuditResource), MISFIT);
const routingParser = parserOf(Routing, MISFIT);
const silencePages = parserOf(PageOf(SilenceResource), MISFIT);
const silenceParser = parserOf(SilenceResource, MISFIT);
const maintenancePages = parserOf(PageOf(MaintenanceResource), MISFIT);
const maintenanceParser = parserOf(MaintenanceResource, MISFIT);
const regionPages = parserOf(PageOf(RegionResource), MISFIT);
const joinTokenParser = parserOf(JoinTokenResource, MISFIT);
const keyRingParser = parserOf(KeyRingResource, MISFIT);
const checkEventParser = parserOf(CheckEvent, MISFIT);
const statusPagePages = parserOf(PageOf(StatusPage), MISFIT);
const statusPageParser = parserOf(StatusPage, MISFIT);
const statusPageFilesParser = parserOf(StatusPageFiles, MISFIT);
const systemParser = parserOf(SystemResource, MISFIT);
const healthParser = parserOf(HealthResource, MISFIT);

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Ids come from the command line; each stays one segment of the path. */
function segment(id: string): string {
  return encodeURIComponent(id);
}
