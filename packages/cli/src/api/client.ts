/** The HTTP API, method by method; every answer is parsed with the protocol's schema. */
import type {
  AgentResource,
  AuditResource,
  Channel,
  CheckEvent,
  CheckInput,
  DeliveryResource,
  DeploymentInput,
  DeploymentResource,
  DoraMetrics,
  DrainInput,
  DrainResource,
  Envelope,
  GateDecision,
  GateInput,
  HealthResource,
  IncidentDetail,
  IncidentNoteResource,
  IncidentResource,
  JoinTokenInput,
  JoinTokenResource,
  KeyRingResource,
  MaintenanceInput,
  MaintenanceResource,
  MonitorResource,
  NoticeResource,
  PlanInput,
  PlanResult,
  RegionResource,
  RoundResource,
  Routing,
  SilenceInput,
  SilenceResource,
  SloDetail,
  SloResource,
  StatusPage,
  StatusPageFiles,
  SystemResource,
} from '@trustmonitor/protocol';
import { parseKeyRings } from '../log/log-client.ts';
import type { Settings } from '../settings.ts';
import { answers } from './answers.ts';
import { parseChanges } from './changes.ts';
import { locateApi, type ApiLocation, type ApiOptions } from './locate.ts';
import { Requests, textOf, type ListOptions } from './requests.ts';
import { streamFrom, type LineStream } from './stream.ts';
import { transportTo } from './transport.ts';

/** Connects to the API that the options, the environment or the local stack name. */
export async function connectApi(options: ApiOptions, settings: Settings): Promise<ApiClient> {
  return new ApiClient(await locateApi(options, settings));
}

export type DrainKind = 'region' | 'agent';

const drainPath = (kind: DrainKind, name: string): string => `/v1/${kind}s/${segment(name)}/drain`;

/** The project's own bundle, or a form that the tools of others read. */
export type EvidenceFormat = 'bundle' | 'sigstore' | 'tlog-proof';

/** Each method throws the API's own coded error, or `api.unreachable`. */
export class ApiClient {
  readonly #url: URL;
  readonly #requests: Requests;
  readonly #stream: LineStream;

  constructor(location: ApiLocation) {
    this.#url = location.url;
    this.#requests = new Requests(transportTo(location));
    this.#stream = streamFrom(location);
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

  agents(): Promise<AgentResource[]> {
    return this.#requests.list('/v1/agents', answers.agentPages);
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

  /** Newest first; those that are not over, or all. */
  silences(isAll: boolean): Promise<SilenceResource[]> {
    return this.#requests.list(
      '/v1/silences',
      answers.silencePages,
      isAll ? {} : { state: 'open' },
      {},
    );
  }

  addSilence(body: SilenceInput): Promise<SilenceResource> {
    return this.#requests.post('/v1/silences', body, answers.silenceParser);
  }

  async endSilence(id: string): Promise<void> {
    await this.#requests.remove(`/v1/silences/${segment(id)}`);
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

  statusPages(): Promise<StatusPage[]> {
    return this.#requests.list('/v1/status-pages', answers.statusPagePages);
  }

  async writeStatusPage(page: StatusPage): Promise<StatusPage> {
    const path = `/v1/status-pages/${segment(page.id)}`;
    return this.#requests.put(path, page, answers.statusPageParser);
  }

  /** The page as files that are served at `base`, an address with a slash at its end. */
  async statusPageFiles(id: string, base: string): Promise<StatusPageFiles> {
    const path = `/v1/status-pages/${segment(id)}/files`;
    return this.#requests.get(path, answers.statusPageFilesParser, { base });
  }

  addDeployment(body: DeploymentInput): Promise<DeploymentResource> {
    return this.#requests.post('/v1/deployments', body, answers.deploymentParser);
  }

  /** What was told last comes first. */
  deployments(
    filter: Readonly<Record<string, string>>,
    options: ListOptions,
  ): Promise<DeploymentResource[]> {
    return this.#requests.list('/v1/deployments', answers.deploymentPages, filter, options);
  }

  dora(query: Readonly<Record<string, string>>): Promise<DoraMetrics> {
    return this.#requests.get('/v1/dora', answers.doraParser, query);
  }

  /** What is decided is written down, whatever it is. */
  askGate(body: GateInput): Promise<GateDecision> {
    return this.#requests.post('/v1/gate', body, answers.decisionParser);
  }

  /** Newest first. */
  gateDecisions(filter: Readonly<Record<string, string>>): Promise<GateDecision[]> {
    return this.#requests.list('/v1/gate/decisions', answers.decisionPages, filter, {});
  }

  /** Newest first. */
  auditLog(filter: Readonly<Record<string, string>>): Promise<AuditResource[]> {
    return this.#requests.list('/v1/audit', answers.auditPages, filter, {});
  }

  maintenance(): Promise<MaintenanceResource[]> {
    return this.#requests.list('/v1/maintenance', answers.maintenancePages);
  }

  /** Planned, and announced in the log if it begins within a day. */
  planMaintenance(window: MaintenanceInput): Promise<MaintenanceResource> {
    return this.#requests.post('/v1/maintenance', window, answers.maintenanceParser);
  }

  /** Ends what runs of it now. */
  endMaintenance(id: string): Promise<MaintenanceResource> {
    return this.#requests.post(
      `/v1/maintenance/${segment(id)}/end`,
      undefined,
      answers.maintenanceParser,
    );
  }

  async removeMaintenance(id: string): Promise<void> {
    await this.#requests.remove(`/v1/maintenance/${segment(id)}`);
  }

  regions(): Promise<RegionResource[]> {
    return this.#requests.list('/v1/regions', answers.regionPages);
  }

  /** The public root file's bytes. */
  async rootFile(): Promise<Uint8Array> {
    return this.#requests.bytes('/v1/keys/root');
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

/** Ids come from the command line; each stays one segment of the path. */
function segment(id: string): string {
  return encodeURIComponent(id);
}
